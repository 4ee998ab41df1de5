"""Safety: who blocks whom."""
