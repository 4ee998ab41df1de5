"""Has Stripe send money back, and brings in what Stripe's webhook didn't tell us."""
