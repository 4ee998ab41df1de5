"""HTTP in: takes domain events from services and webhooks from providers."""
