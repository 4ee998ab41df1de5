"""Erasing people: their keys, and what was written of them in tables."""
