"""Ticks: each planned time of a schedule is met once, whoever meets it.

Taking a tick is an insert that others conflict with, in the transaction of the work where there is
one: what was rolled back was never taken.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlmodel import Session

from domain.sql import execute, fetch
from domain.tables.schedules import RunResult

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
KEPT: Final = 200


@dataclass(frozen=True, slots=True)
class Run:
    """How it went with one tick so far; no result while it goes on."""

    schedule: str
    planned_at: datetime
    started_at: datetime
    took_ms: float = 0.0
    count: int = 0
    result: RunResult | None = None
    error: str | None = None


def planned_time(now: datetime, every: timedelta, *, at: timedelta = timedelta()) -> datetime:
    """Give the newest planned time that isn't after `now`.

    Planned times lie `every` apart, counted from the epoch plus `at`, so that all schedulers agree.
    """
    first = EPOCH + at
    return first + (now - first) // every * every


def take(session: Session, planned: Mapping[str, datetime], *, now: datetime) -> set[str]:
    """Take those planned times that nobody has met, of schedules that aren't paused; name them.

    One that was interrupted is taken again. Waits for another transaction that takes the same.
    """
    rows = fetch(
        session,
        """
        INSERT INTO ticks (schedule, planned_at, started_at)
        SELECT due.schedule, due.planned_at, %(now)s
        FROM unnest(%(schedules)s::text[], %(times)s::timestamptz[]) AS due (schedule, planned_at)
        WHERE NOT EXISTS (
            SELECT FROM schedules WHERE name = due.schedule AND paused_until > %(now)s
        ) AND NOT EXISTS (
            SELECT FROM ticks AS met
            WHERE met.schedule = due.schedule AND met.planned_at = due.planned_at
                AND met.result IS DISTINCT FROM 'interrupted'
        )
        ORDER BY due.schedule
        ON CONFLICT (schedule, planned_at) DO UPDATE SET started_at = excluded.started_at,
            took_ms = NULL, count = NULL, result = NULL
        WHERE ticks.result = 'interrupted'
        RETURNING schedule
        """,
        now=now,
        schedules=list(planned),
        times=list(planned.values()),
    )
    return {name for (name,) in rows}


def set_back(session: Session, names: Iterable[str], *, now: datetime) -> set[str]:
    """Name the schedules, unless paused, that have met a time which is still to come.

    The clock was ahead then, and was put right.
    """
    rows = fetch(
        session,
        """
        SELECT name FROM unnest(%(names)s::text[]) AS listed (name)
        WHERE EXISTS (SELECT FROM ticks WHERE schedule = name AND planned_at > %(now)s)
            AND NOT EXISTS (
                SELECT FROM schedules AS kept
                WHERE kept.name = listed.name AND kept.paused_until > %(now)s
            )
        """,
        names=list(names),
        now=now,
    )
    return {name for (name,) in rows}


def write(session: Session, runs: Sequence[Run]) -> None:
    """Write how it went; a result that stands already is left alone."""
    execute(
        session,
        """
        INSERT INTO ticks AS kept
            (schedule, planned_at, started_at, took_ms, count, result, error)
        SELECT * FROM unnest(
            %(schedules)s::text[], %(planned)s::timestamptz[], %(started)s::timestamptz[],
            %(took)s::float8[], %(counts)s::bigint[], %(results)s::text[], %(errors)s::text[]
        ) AS run (schedule, planned_at, started_at, took_ms, count, result, error)
        ORDER BY run.schedule
        ON CONFLICT (schedule, planned_at) DO UPDATE SET took_ms = excluded.took_ms,
            count = excluded.count, result = coalesce(excluded.result, kept.result),
            error = excluded.error
        WHERE kept.result IS NULL OR kept.result = 'interrupted'
        """,
        schedules=[run.schedule for run in runs],
        planned=[run.planned_at for run in runs],
        started=[run.started_at for run in runs],
        took=[run.took_ms for run in runs],
        counts=[run.count for run in runs],
        results=[run.result for run in runs],
        errors=[run.error for run in runs],
    )


def interrupt_all(session: Session) -> None:
    """Mark all that goes on as interrupted: whoever has just taken the lead knows that it ended."""
    execute(session, "UPDATE ticks SET result = 'interrupted' WHERE result IS NULL")


def trim(session: Session) -> int:
    """Remove all but the newest runs of each schedule; give how many went."""
    return execute(
        session,
        """
        DELETE FROM ticks USING (
            SELECT schedule, number,
                row_number() OVER (PARTITION BY schedule ORDER BY number DESC) AS place
            FROM ticks
        ) AS listed
        WHERE listed.place > %(kept)s AND listed.schedule = ticks.schedule
            AND listed.number = ticks.number AND ticks.result IS NOT NULL
        """,
        kept=KEPT,
    )


def take_asked(
    session: Session, names: Iterable[str], *, now: datetime
) -> tuple[str, datetime] | None:
    """Take a run that somebody has asked for; give its planned time, which is the asking's.

    One at a time, so that trouble with it keeps back none of the others. A pause doesn't hold it
    up: whoever asks by name knows of it.
    """
    rows = fetch(
        session,
        """
        WITH asked AS (
            SELECT name, asked_at FROM schedules
            WHERE asked_at IS NOT NULL AND name = ANY(%(names)s::text[])
            ORDER BY asked_at, name LIMIT 1 FOR UPDATE
        ), answered AS (
            UPDATE schedules SET asked_at = NULL FROM asked WHERE schedules.name = asked.name
        )
        INSERT INTO ticks (schedule, planned_at, started_at)
        SELECT name, asked_at, %(now)s FROM asked
        ON CONFLICT DO NOTHING
        RETURNING schedule, planned_at
        """,
        names=list(names),
        now=now,
    )
    return rows[0] if rows else None


def interrupt(session: Session, name: str, planned_at: datetime) -> None:
    """Mark a run as interrupted, if it has no result yet."""
    execute(
        session,
        "UPDATE ticks SET result = 'interrupted'"
        " WHERE schedule = %(name)s AND planned_at = %(planned_at)s AND result IS NULL",
        name=name,
        planned_at=planned_at,
    )
