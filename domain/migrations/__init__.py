"""Alembic migrations: additive, so that old and new workers run side by side."""
