"""What the ledger keeps no longer: settled deliveries of old months, then their partitions.

A month is dropped whole, once no delivery and no outbox row refers to it. What is pending, failed,
deferred or dead is never removed by time, and holds its month. Keys are kept: what was said once
can't be said again under the same id.
"""

from sqlalchemy import text
from sqlmodel import Session

from domain.partitions import Partition, wait_briefly
from domain.sql import execute, fetch

# A statement that removes so many takes some tens of milliseconds.
PAGE = 5_000

# Numbers are given just before the time of receipt is taken, so that a month's lie close together.
_OF_MONTH = """
SELECT row.seq, row.handler, row.state FROM deliveries AS row
WHERE row.seq BETWEEN (SELECT min(seq) FROM {partition}) AND (SELECT max(seq) FROM {partition})
    AND row.received_at >= %(start)s AND row.received_at < %(end)s
"""


def trim_settled(session: Session, month: Partition, *, limit: int = PAGE) -> int:
    """Remove up to `limit` settled deliveries of a month; give how many there were."""
    return execute(
        session,
        f"""
        WITH chosen AS MATERIALIZED (
            {_OF_MONTH.format(partition=month.name)}
                AND row.state IN ('done', 'rejected', 'discarded') AND row.due_at IS NULL
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

    Raises the database's error when others are in the way for more than a moment.
    """
    connection = session.connection()
    wait_briefly(connection)
    if held_by(session, month):
        return False
    connection.execute(text(f"DROP TABLE {month.name}"))
    return True
