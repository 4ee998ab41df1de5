"""The clock, read at the edges only and handed inwards as `now`."""

from datetime import UTC, datetime


def utc_now() -> datetime:
    """What time it is, in UTC."""
    return datetime.now(UTC)
