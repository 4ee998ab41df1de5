"""The clock: what becomes due is found in tables; the scheduler only says when to look."""
