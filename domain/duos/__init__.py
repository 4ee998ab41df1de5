"""Duos: pairs for the next event."""
