"""Which scheduler leads, as the database knows it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlmodel import Session

from domain.sql import execute, fetch

# The advisory lock that the leading scheduler holds. The number is arbitrary and ours.
LEAD_LOCK: Final = 6_021_987


@dataclass(frozen=True, slots=True)
class Leader:
    """The scheduler that leads."""

    pid: int
    host: str
    since: datetime
    clock_ahead_s: float


def leader(session: Session) -> Leader | None:
    """Give who leads, if anybody: whoever said so last and holds the lock still."""
    rows = fetch(
        session,
        """
        SELECT pid, host, since, clock_ahead_s FROM scheduler_lead
        WHERE lock = %(lock)s AND EXISTS (
            SELECT FROM pg_locks JOIN pg_database AS here ON here.oid = pg_locks.database
            WHERE here.datname = current_database() AND locktype = 'advisory' AND granted
                AND classid = 0 AND objid = %(lock)s AND objsubid = 1
                AND pg_locks.pid = scheduler_lead.backend_pid
        )
        """,
        lock=LEAD_LOCK,
    )
    return Leader(*rows[0]) if rows else None


def lead(session: Session, leader: Leader, *, backend_pid: int) -> None:
    """Say who leads now, and from which connection."""
    execute(
        session,
        """
        INSERT INTO scheduler_lead (lock, backend_pid, pid, host, since, clock_ahead_s)
        VALUES (%(lock)s, %(backend_pid)s, %(pid)s, %(host)s, %(since)s, %(clock_ahead_s)s)
        ON CONFLICT (lock) DO UPDATE SET backend_pid = excluded.backend_pid, pid = excluded.pid,
            host = excluded.host, since = excluded.since, clock_ahead_s = excluded.clock_ahead_s
        """,
        lock=LEAD_LOCK,
        backend_pid=backend_pid,
        pid=leader.pid,
        host=leader.host,
        since=leader.since,
        clock_ahead_s=leader.clock_ahead_s,
    )
