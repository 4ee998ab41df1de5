"""What a check is, and how it is run: one statement over one snapshot of all rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlmodel import Session

from domain.sql import execute, fetch

KEYS_SHOWN: Final = 5


@dataclass(frozen=True, slots=True)
class Check:
    """One derived figure, formulated a second time.

    `rows` is a query that gives (key, drifted) for each row looked at. It reads facts and what
    people said, never another derived figure, so that one wrong figure turns one check red. It
    shares nothing with handlers and rules: a mistake would have to be made twice.
    """

    name: str
    says: str
    rows: str


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found: how many rows it looked at, how many drifted, and the first of them."""

    name: str
    looked_at: int
    drifted: int
    keys: Sequence[str]


def one_snapshot(session: Session) -> None:
    """Make the transaction see one moment, write nothing, and take its time; call it first."""
    execute(session, "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
    # Some of these statements read whole tables and sort them.
    execute(session, "SET LOCAL statement_timeout = 0")
    execute(session, "SET LOCAL work_mem = '128MB'")


def run(session: Session, check: Check) -> Finding:
    """Run one check."""
    ((looked_at, drifted, keys),) = fetch(
        session,
        f"""
        SELECT count(*), count(*) FILTER (WHERE drifted),
            (array_agg(key ORDER BY key) FILTER (WHERE drifted))[1:{KEYS_SHOWN}]
        FROM ({check.rows}) AS looked
        """,
    )
    return Finding(check.name, looked_at, drifted, keys or [])


def unsettled(session: Session) -> int:
    """Count what is still on its way through: while any is, figures may lag behind their rows."""
    ((count,),) = fetch(
        session,
        "SELECT (SELECT count(*) FROM outbox)"
        " + (SELECT count(*) FROM deliveries WHERE due_at IS NOT NULL AND state <> 'deferred')",
    )
    number: int = count
    return number
