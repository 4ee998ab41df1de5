"""Schedules as the database knows them: the timetable of whoever leads, pauses, and what was run.

The scheduler writes them; commands and pages of other processes read them, pause and ask for runs.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

from sqlmodel import Session

from domain.leading import LEAD_LOCK
from domain.sql import execute, fetch, fetch_dicts
from domain.ticks import planned_time

# So many planned times to come are told.
SHOWN_TO_COME: Final = 5


class Line(Protocol):
    """A line of the timetable."""

    @property
    def name(self) -> str:
        """By which ops know it."""

    @property
    def every(self) -> timedelta:
        """How far apart its planned times lie."""

    @property
    def sentence(self) -> str:
        """What it does."""


def keep_timetable(session: Session, lines: Iterable[tuple[Line, timedelta]]) -> None:
    """Write the timetable, a line and where in its span it is due; what isn't in it goes.

    A pause stays, unlisted, until it is over: a version that knows the schedule may lead again.
    """
    listed = sorted(lines, key=lambda each: each[0].name)
    names = [line.name for line, _ in listed]
    execute(
        session,
        "DELETE FROM schedules WHERE name <> ALL(%(names)s::text[])"
        " AND coalesce(paused_until <= clock_timestamp(), true)",
        names=names,
    )
    execute(
        session,
        "UPDATE schedules SET is_listed = false, asked_at = NULL"
        " WHERE name <> ALL(%(names)s::text[]) AND is_listed",
        names=names,
    )
    execute(
        session,
        """
        INSERT INTO schedules (name, every, at, sentence)
        SELECT * FROM unnest(
            %(names)s::text[], %(spans)s::interval[], %(at)s::interval[], %(sentences)s::text[]
        )
        ON CONFLICT (name) DO UPDATE
        SET every = excluded.every, at = excluded.at, sentence = excluded.sentence,
            is_listed = true
        """,
        names=names,
        spans=[line.every for line, _ in listed],
        at=[at for _, at in listed],
        sentences=[line.sentence for line, _ in listed],
    )


@dataclass(frozen=True, slots=True)
class Scheduled:
    """A schedule and its newest run; the times of the latter are null when there was none."""

    name: str
    sentence: str
    every_s: float
    last_planned: datetime | None
    # The newest planned time that was met; a run that somebody asked for meets none.
    last_met: datetime | None
    last_run: datetime | None
    took_ms: float | None
    count: int | None
    # done, failed, drift, interrupted; running while it has not ended.
    last_result: str | None
    error: str | None
    # Whether the newest run that came to an end found drift.
    is_drifted: bool
    next_run: datetime
    paused_until: datetime | None
    paused_why: str | None
    # When whoever led last wrote it down; one that was never met was due then.
    known_since: datetime | None = None
    # When its last pause ended; what it skipped last was due then.
    resumed_at: datetime | None = None
    # The planned times to come, or that of the end of a pause, which meets the one it skipped last.
    to_come: tuple[datetime, ...] = ()

    def late_s(self, now: datetime) -> float:
        """For how long a planned time could have been met and wasn't; what is paused isn't late.

        Of one that was never met, that is the newest before whoever leads took over, who runs it at
        once; what a pause skipped is due when that ends.
        """
        due = self.known_since if self.last_met is None else self._after(self.last_met)
        if due is None or self.paused_until is not None:
            return 0.0
        return max(0.0, (now - max(due, self.resumed_at or due)).total_seconds())

    def _after(self, planned: datetime) -> datetime:
        return planned + timedelta(seconds=self.every_s)


def schedules(session: Session, now: datetime) -> list[Scheduled]:
    """List all, by name; nothing before a scheduler has led."""
    rows = fetch_dicts(
        session,
        """
        SELECT name, sentence, every, at, newest.planned_at AS last_planned,
            (
                SELECT planned_at FROM ticks WHERE schedule = name
                    AND extract(epoch FROM planned_at - 'epoch'::timestamptz - at)::numeric
                        %% extract(epoch FROM every)::numeric = 0
                ORDER BY number DESC LIMIT 1
            ) AS last_met,
            newest.started_at AS last_run, newest.took_ms, newest.count, newest.error,
            CASE WHEN newest.number IS NOT NULL THEN coalesce(newest.result, 'running') END
                AS last_result,
            coalesce((
                SELECT result = 'drift' FROM ticks
                WHERE schedule = name AND result IN ('done', 'drift')
                ORDER BY number DESC LIMIT 1
            ), false) AS is_drifted,
            CASE WHEN paused_until > %(now)s THEN paused_until END AS paused_until,
            CASE WHEN paused_until > %(now)s THEN paused_why END AS paused_why,
            CASE WHEN paused_until <= %(now)s THEN paused_until END AS resumed_at,
            (SELECT since FROM scheduler_lead WHERE lock = %(lock)s) AS known_since
        FROM schedules LEFT JOIN LATERAL (
            SELECT * FROM ticks WHERE schedule = name ORDER BY number DESC LIMIT 1
        ) AS newest ON true
        WHERE is_listed
        ORDER BY name COLLATE "C"
        """,
        now=now,
        lock=LEAD_LOCK,
    )
    return [_scheduled(row, now) for row in rows]


def _scheduled(row: dict[str, Any], now: datetime) -> Scheduled:
    every, at = row.pop("every"), row.pop("at")
    soonest = planned_time(now, every, at=at) + every
    paused_until = row["paused_until"]
    # When a pause ends, the time that it skipped last is met at once.
    next_run = soonest if paused_until is None else paused_until
    after = planned_time(next_run, every, at=at)
    to_come = (next_run, *(after + every * step for step in range(1, SHOWN_TO_COME)))
    return Scheduled(**row, every_s=every.total_seconds(), next_run=next_run, to_come=to_come)


def names(session: Session) -> list[str]:
    """Name all schedules."""
    return [
        name
        for (name,) in fetch(session, "SELECT name FROM schedules WHERE is_listed ORDER BY name")
    ]
