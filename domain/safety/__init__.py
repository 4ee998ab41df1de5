"""Blocks, reports, and how reliable hosts are."""
