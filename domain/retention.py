"""What the ledger keeps no longer: settled deliveries of old months, then their partitions.

A month is dropped whole, once no delivery and no outbox row refers to it. What is pending, failed,
deferred or dead is never removed by time, and holds its month. Keys are kept: what was said once
can't be said again under the same id.

The default partition is never dropped: what it has caught goes row by row.
"""

from datetime import datetime

from sqlalchemy import text
from sqlmodel import Session

from domain.partitions import DEFAULT, Partition, wait_briefly
from domain.sql import array, execute, fetch

# A statement that removes so many takes some tens of milliseconds.
PAGE = 5_000

# Numbers are given just before the time of receipt is taken, so that a month's lie close together.
_OF_MONTH = """
SELECT row.seq, row.handler, row.state FROM deliveries AS row
WHERE row.seq BETWEEN (SELECT min(seq) FROM {partition}) AND (SELECT max(seq) FROM {partition})
    AND row.received_at >= %(start)s AND row.received_at < %(end)s
"""

# What somebody has discarded can be restored for a while, however old it is.
_CANT_BE_UNDONE = """
NOT (row.state = 'discarded' AND EXISTS (
    SELECT FROM discards AS kept WHERE kept.seq = row.seq AND kept.handler = row.handler))
"""


def trim_settled(session: Session, month: Partition, *, limit: int = PAGE) -> int:
    """Remove up to `limit` settled deliveries of a month; give how many there were."""
    return execute(
        session,
        f"""
        WITH chosen AS MATERIALIZED (
            {_OF_MONTH.format(partition=month.name)}
                AND row.state IN ('done', 'rejected', 'discarded') AND row.due_at IS NULL
                AND {_CANT_BE_UNDONE}
            ORDER BY row.seq, row.handler LIMIT %(limit)s FOR UPDATE SKIP LOCKED
        )
        DELETE FROM deliveries USING chosen
        WHERE deliveries.seq = chosen.seq AND deliveries.handler = chosen.handler
        """,
        start=month.start,
        end=month.end,
        limit=limit,
    )


def held_by(session: Session, month: Partition) -> int:
    """Count what refers to a month still: deliveries, and domain events not routed yet."""
    ((count,),) = fetch(
        session,
        f"""
        SELECT (SELECT count(*) FROM ({_OF_MONTH.format(partition=month.name)}) AS kept)
            + (SELECT count(*) FROM outbox
                WHERE received_at >= %(start)s AND received_at < %(end)s)
        """,
        start=month.start,
        end=month.end,
    )
    number: int = count
    return number


def drop_month(session: Session, month: Partition) -> bool:
    """Drop a month unless something refers to it; say whether it went.

    Nobody publishes or applies while the table is locked. That is for a moment: nothing is
    scanned, and Postgres removes the files once it has let go. But others queue up behind whoever
    waits for the lock, so it is waited for briefly, and the database's error is raised when others
    are in the way. (DETACH CONCURRENTLY, which wouldn't lock, isn't to be had where there is a
    default partition.)
    """
    connection = session.connection()
    wait_briefly(connection)
    # The table isn't ours: the database looks, and drops nothing that is young, whoever asks.
    statement = text("SELECT momento_drop_month(:month)")
    is_gone: bool = connection.execute(statement, {"month": month.start.date()}).scalar_one()
    return is_gone


def trim_strays(
    session: Session, before: datetime, *, after: int, limit: int = PAGE
) -> tuple[int, int | None]:
    """Remove what the default partition has caught before then, unless something refers to it.

    A page of up to `limit` domain events with a number above `after`, and their settled deliveries.
    Gives how many rows went, and the last number of the page; None after the last page.
    """
    rows = fetch(
        session,
        f"""
        SELECT seq FROM {DEFAULT} WHERE received_at < %(before)s AND seq > %(after)s
        ORDER BY seq LIMIT %(limit)s
        """,
        before=before,
        after=after,
        limit=limit,
    )
    if not rows:
        return 0, None
    numbers = array(str(seq) for (seq,) in rows)
    trimmed = execute(
        session,
        f"""
        WITH chosen AS MATERIALIZED (
            SELECT seq, handler FROM deliveries AS row
            WHERE seq = ANY(%(numbers)s::bigint[]) AND due_at IS NULL
                AND state IN ('done', 'rejected', 'discarded') AND {_CANT_BE_UNDONE}
            ORDER BY seq, handler FOR UPDATE SKIP LOCKED
        )
        DELETE FROM deliveries USING chosen
        WHERE deliveries.seq = chosen.seq AND deliveries.handler = chosen.handler
        """,
        numbers=numbers,
    )
    ((gone,),) = fetch(
        session,
        "SELECT momento_drop_strays(%(numbers)s::bigint[], %(before)s)",
        numbers=numbers,
        before=before,
    )
    return trimmed + gone, rows[-1][0]
