"""Payments, as the ledger of domain events tells them."""
