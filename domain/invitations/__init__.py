"""Invitations and seats."""
