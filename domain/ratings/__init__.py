"""Ratings of events and hosts, and the summary of an event."""
