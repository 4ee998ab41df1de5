"""The clock: finds what has become due and publishes it."""
