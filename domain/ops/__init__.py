"""What ops read of the ledger and what they do about it; the same for pages, API and command."""
