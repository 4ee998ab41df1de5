"""Kudos and the contribution score."""
