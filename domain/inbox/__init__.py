"""What providers tell us, made into domain events: each thing once, in the provider's own order."""
