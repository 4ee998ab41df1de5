"""Ports that failed, and until when nobody asks them again: rows, so that it outlives a process."""

from datetime import datetime, timedelta

from sqlmodel import Session

from domain.constants import REST_FIRST_PAUSE, REST_LONGEST_PAUSE
from domain.ports import PortTroubleError
from domain.sql import execute, fetch


def is_resting(session: Session, port: str, *, now: datetime) -> bool:
    """Say whether a port isn't to be asked just now.

    A moment too far ahead was written by a clock that is wrong, and stops nobody.
    """
    rows = fetch(
        session,
        "SELECT FROM port_rests WHERE port = %(port)s AND until > %(now)s AND until <= %(latest)s",
        port=port,
        now=now,
        latest=now + 2 * REST_LONGEST_PAUSE,
    )
    return bool(rows)


def rest(session: Session, port: str, trouble: PortTroubleError, *, now: datetime) -> timedelta:
    """Leave a port alone for a pause that doubles with each failure; give the pause.

    A service that says how long it wants to be left alone gets that, up to the longest pause.
    """
    asked = min(trouble.retry_after or timedelta(0), REST_LONGEST_PAUSE)
    ((until,),) = fetch(
        session,
        """
        INSERT INTO port_rests AS kept (port, failures, until, reason, since)
        VALUES (%(port)s, 1, %(now)s + greatest(%(first)s, %(asked)s), %(reason)s, %(now)s)
        ON CONFLICT (port) DO UPDATE SET failures = least(kept.failures + 1, 1000),
            until = %(now)s
                + greatest(least(%(first)s * 2 ^ least(kept.failures, 30), %(longest)s), %(asked)s),
            reason = excluded.reason
        RETURNING until
        """,
        port=port,
        now=now,
        first=REST_FIRST_PAUSE,
        longest=REST_LONGEST_PAUSE,
        asked=asked,
        reason=trouble.reason,
    )
    pause: timedelta = until - now
    return pause


def end_rest(session: Session, port: str) -> None:
    """Note that a port has answered."""
    execute(session, "DELETE FROM port_rests WHERE port = %(port)s", port=port)
