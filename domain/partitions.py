"""Monthly partitions of domain_events: made ahead, so that nothing ever lands in the default."""

from datetime import UTC, datetime

from sqlalchemy import Connection, text

MONTHS_AHEAD = 3


def _month_after(month: datetime, count: int) -> datetime:
    """Give the first moment of the month `count` months later (UTC)."""
    index = month.year * 12 + month.month - 1 + count
    return datetime(index // 12, index % 12 + 1, 1, tzinfo=UTC)


def ensure_partitions(connection: Connection, now: datetime) -> list[str]:
    """Make the partitions of this month and the next ones where missing; name the new ones.

    The default partition catches what none of them covers, so that publishing never fails for
    want of a partition.
    """
    connection.execute(
        text("CREATE TABLE IF NOT EXISTS domain_events_default PARTITION OF domain_events DEFAULT")
    )
    made = []
    for ahead in range(MONTHS_AHEAD + 1):
        start, end = _month_after(now, ahead), _month_after(now, ahead + 1)
        name = f"domain_events_{start:%Y_%m}"
        exists = connection.execute(text("SELECT to_regclass(:name)"), {"name": name}).scalar()
        if exists is None:
            connection.execute(
                text(
                    f"CREATE TABLE {name} PARTITION OF domain_events"
                    f" FOR VALUES FROM ('{start.isoformat()}') TO ('{end.isoformat()}')"
                )
            )
            made.append(name)
    return made
