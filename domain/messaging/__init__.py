"""Conversations of two people who met, and their messages."""
