"""What ops see of schedules, and do about them: their last runs, run now, pause, resume."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final

from sqlmodel import Session

from domain.asked_runs import ask
from domain.figures.thresholds import LATE_S
from domain.leading import Leader, leader
from domain.ops.audit import Deed, record
from domain.ops.pausing import Hold, taken
from domain.ops.permissions import Actor, Verb, demand
from domain.schedule_pauses import pause, paused, resume
from domain.schedules import Scheduled, schedules
from domain.sql import fetch

SHOWN: Final = 60


@dataclass(frozen=True, slots=True)
class Tick:
    """A planned time and what came of it; no result while it goes on."""

    planned_at: datetime
    started_at: datetime
    took_ms: float | None
    result: str | None
    error: str | None
    # Off the planned times: somebody asked for it.
    was_asked: bool = False

    @property
    def word(self) -> str:
        """How it went."""
        return self.result or "running"


@dataclass(frozen=True, slots=True)
class Listed:
    """A schedule with its last runs, the oldest first.

    `missed`: planned times among these that nobody met, by a pause or since nobody led; the next
    one made up for them. `began_late`: those that were met, and not in time. None is ever met
    twice, since what takes one is its key.
    """

    scheduled: Scheduled
    ticks: Sequence[Tick]
    missed: int
    began_late: int
    late_s: float

    @property
    def is_late(self) -> bool:
        """Whether a planned time came and went a while ago that nobody has met."""
        return self.late_s > LATE_S


@dataclass(frozen=True, slots=True)
class Timetable:
    """All schedules, those that somebody should look at first, and who leads."""

    leader: Leader | None
    listed: list[Listed]


def list_schedules(session: Session, now: datetime) -> Timetable:
    """Give all with their last sixty runs. By ticks_newest_idx, as many rows as are given."""
    found = schedules(session, now)
    rows = fetch(
        session,
        """
        SELECT name, tick.planned_at, tick.started_at, tick.took_ms, tick.result, tick.error,
            extract(epoch FROM tick.planned_at - 'epoch'::timestamptz - at)::numeric
                %% extract(epoch FROM every)::numeric <> 0
        FROM schedules CROSS JOIN LATERAL (
            SELECT * FROM ticks WHERE schedule = name ORDER BY number DESC LIMIT %(shown)s
        ) AS tick WHERE is_listed ORDER BY tick.number
        """,
        shown=SHOWN,
    )
    ticks: defaultdict[str, list[Tick]] = defaultdict(list)
    for name, *rest in rows:
        ticks[name].append(Tick(*rest))
    listed = [_listed(each, ticks[each.name], now=now) for each in found]
    return Timetable(leader(session), sorted(listed, key=_order))


def _listed(each: Scheduled, ticks: Sequence[Tick], *, now: datetime) -> Listed:
    planned = [tick for tick in ticks if not tick.was_asked]
    late = sum((tick.started_at - tick.planned_at).total_seconds() > LATE_S for tick in planned)
    missed = _missed([tick.planned_at for tick in planned], timedelta(seconds=each.every_s))
    return Listed(each, ticks, missed, late, each.late_s(now))


def _missed(planned: Iterable[datetime], every: timedelta) -> int:
    ordered = sorted(set(planned))
    return sum(max(0, round((later - earlier) / every) - 1) for earlier, later in pairwise(ordered))


def _order(each: Listed) -> tuple[bool, bool, bool, str]:
    of = each.scheduled
    is_bad = of.is_drifted or of.last_result == "failed"
    return not is_bad, not each.is_late, of.paused_until is None, of.name


def run_now(
    session: Session, actor: Actor, name: str, *, why: str | None, now: datetime
) -> datetime | None:
    """Ask for a run at once; give its planned time, None if there is no such schedule."""
    demand(actor, Verb.RUN)
    if (asked_at := ask(session, name)) is not None:
        record(session, actor, _deed("schedule.run", name, why=why), now=now)
    return asked_at


def pause_schedule(session: Session, actor: Actor, hold: Hold, *, now: datetime) -> bool:
    """Have it not run before the end of the hold; False if there is no such schedule.

    Raises TakenError if it is paused already, by another pause than the one that is replaced.
    """
    demand(actor, Verb.PAUSE)
    name, until, why = hold.name, hold.until, hold.why or None
    if not pause(session, name, until=until, why=why, now=now, instead_of=hold.instead_of):
        if (there := paused(session, name, now)) is not None:
            raise taken(name, by=_who_paused(session, name), until=there[0], why=there[1])
        return False
    record(session, actor, _deed("schedule.pause", name, why=why, until=until), now=now)
    return True


def resume_schedule(
    session: Session, actor: Actor, name: str, *, now: datetime, until: datetime | None = None
) -> bool:
    """End its pause; False if it isn't paused, or `until` is given and isn't that pause's end."""
    demand(actor, Verb.PAUSE)
    if not resume(session, name, now=now, until=until):
        return False
    record(session, actor, _deed("schedule.resume", name), now=now)
    return True


def _who_paused(session: Session, name: str) -> str:
    """By the log's index on actions: few pauses of schedules were ever made."""
    rows = fetch(
        session,
        "SELECT actor FROM audit_log WHERE action = 'schedule.pause'"
        " AND details ->> 'schedule' = %(name)s ORDER BY id DESC LIMIT 1",
        name=name,
    )
    return next((actor for (actor,) in rows), "somebody")


def _deed(action: str, name: str, *, why: str | None = None, until: datetime | None = None) -> Deed:
    details = {"schedule": name}
    if until is not None:
        details["until"] = until.isoformat()
    return Deed(action, why=why, details=details)
