"""Who came, as check-ins and reports say."""
