"""Gatherings: places, events, their schedule and their end."""
