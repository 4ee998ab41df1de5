"""Schedules as ops see them: last runs, what was missed; run now, pause, resume, each logged."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, text
from sqlmodel import Session

from domain.figures.alarms import find_alerts
from domain.figures.reading_system import read_scheduler
from domain.figures.snapshot import Part
from domain.leading import Leader, lead
from domain.ops.acting import TakenError
from domain.ops.pausing import Hold
from domain.ops.permissions import Actor, ForbiddenError
from domain.ops.scheduling import (
    SHOWN,
    Listed,
    list_schedules,
    pause_schedule,
    resume_schedule,
    run_now,
)
from domain.tables.accounts import Role, Via
from tests.factories.snapshots import well
from tests.helpers.roles import acting_as
from tests.integration.dashboard.scene import plant

NOW = datetime(2026, 11, 21, 12, 0, 30, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
LATE = "ScheduleLate"
OPERATOR = Actor("grace", Role.OPERATOR, Via.DASHBOARD)
VIEWER = Actor("ada", Role.VIEWER, Via.API)


def scheduled(engine: Engine, name: str, every: timedelta = MINUTE) -> None:
    line = {"name": name, "every": every, "at": timedelta(), "sentence": f"Does {name}."}
    plant(engine, "schedules", line)


def ran(engine: Engine, name: str, *, ago: timedelta, result: str | None = "done") -> None:
    at = NOW - ago
    tick = {"schedule": name, "planned_at": at, "started_at": at, "took_ms": 5, "result": result}
    plant(engine, "ticks", tick)


def listed(engine: Engine) -> list[Listed]:
    with Session(acting_as(engine, "dashboard")) as session:
        return list_schedules(session, NOW).listed


def on_the_minute(minutes: int) -> timedelta:
    return timedelta(seconds=30) + minutes * MINUTE


def test_the_last_sixty_runs_and_what_was_missed_among_them(engine: Engine) -> None:
    scheduled(engine, "a")
    for minutes in [*range(100, 40, -1), *range(30, -1, -1)]:
        ran(engine, "a", ago=on_the_minute(minutes))
    ran(engine, "a", ago=timedelta(seconds=10), result=None)
    (found,) = listed(engine)
    assert len(found.ticks) == SHOWN
    assert [tick.was_asked for tick in found.ticks[-3:]] == [False, False, True]
    assert (found.ticks[-1].word, found.missed, found.began_late) == ("running", 10, 0)
    assert not found.is_late


def test_a_run_that_was_asked_for_makes_up_for_nothing_on_either_page(engine: Engine) -> None:
    scheduled(engine, "a")
    ran(engine, "a", ago=on_the_minute(4))
    ran(engine, "a", ago=timedelta(seconds=10))
    (found,) = listed(engine)
    with Session(acting_as(engine, "dashboard")) as session:
        (overview,) = read_scheduler(session, NOW).schedules
    assert (found.late_s, found.is_late) == (210.0, True)
    assert (overview.late_s, overview.missed) == (210.0, 3)


def test_what_was_never_met_is_late_since_whoever_leads_knows_of_it(engine: Engine) -> None:
    """On both pages, by the alarm's rule; nobody having led, nothing is known of it."""
    scheduled(engine, "a", timedelta(days=1))
    assert late(engine) == (0.0, False, None)
    lead_since(engine, NOW - timedelta(seconds=9))
    assert late(engine) == (9.0, False, None)
    lead_since(engine, NOW - 31 * MINUTE)
    assert late(engine) == (1860.0, True, "page")
    ran(engine, "a", ago=timedelta(seconds=10))
    # It was asked for, and meets none of the planned times.
    assert late(engine) == (1860.0, True, "page")
    ran(engine, "a", ago=timedelta(hours=12, seconds=30))
    assert late(engine) == (0.0, False, None)


@pytest.mark.parametrize("was_met", [False, True])
def test_what_a_pause_skipped_is_late_since_its_end(engine: Engine, *, was_met: bool) -> None:
    scheduled(engine, "a")
    lead_since(engine, NOW - timedelta(days=2))
    if was_met:
        ran(engine, "a", ago=on_the_minute(24 * 60))
    until = NOW + timedelta(minutes=3)
    with Session(acting_as(engine, "dashboard")) as session, session.begin():
        assert pause_schedule(session, OPERATOR, Hold("a", until, "loud"), now=NOW - MINUTE)
    assert late(engine) == (0.0, False, None)
    assert late(engine, at=until + timedelta(seconds=5)) == (5.0, False, None)
    with Session(acting_as(engine, "dashboard")) as session, session.begin():
        assert resume_schedule(session, OPERATOR, "a", now=NOW)
    assert late(engine, at=NOW + timedelta(seconds=11)) == (11.0, True, None)
    assert late(engine, at=NOW + 3 * MINUTE) == (180.0, True, "warn")


def lead_since(engine: Engine, since: datetime) -> None:
    said = Leader(pid=1, host="here", since=since, clock_ahead_s=0.0)
    with Session(engine) as session, session.begin():
        lead(session, said, backend_pid=1)


def late(engine: Engine, *, at: datetime = NOW) -> tuple[float, bool, str | None]:
    """How late the only one is, whether the page Schedules says so, and how the alarm rings."""
    with Session(acting_as(engine, "dashboard")) as session:
        (found,) = list_schedules(session, at).listed
        read = read_scheduler(session, at)
    assert read.schedules[0].late_s == found.late_s
    snapshot = replace(well(), scheduler=Part(read, at))
    levels = [each.level for each in find_alerts(snapshot, (), now=at) if each.name == LATE]
    return found.late_s, found.is_late, next(iter(levels), None)


def test_what_began_late_and_what_comes_next(engine: Engine) -> None:
    scheduled(engine, "a")
    for minutes, late_s in ((2, 3), (1, 11), (0, 40)):
        at = NOW - on_the_minute(minutes)
        tick = {"schedule": "a", "planned_at": at, "result": "done"}
        plant(engine, "ticks", tick | {"started_at": at + timedelta(seconds=late_s)})
    (found,) = listed(engine)
    assert (found.began_late, found.missed, found.is_late) == (2, 0, False)
    soonest = NOW + timedelta(seconds=30)
    assert found.scheduled.to_come == tuple(soonest + step * MINUTE for step in range(5))
    with Session(acting_as(engine, "dashboard")) as session, session.begin():
        until = NOW + timedelta(minutes=10, seconds=7)
        assert pause_schedule(session, OPERATOR, Hold("a", until, "loud"), now=NOW)
    (found,) = listed(engine)
    after = NOW + timedelta(minutes=10, seconds=30)
    assert found.scheduled.to_come[:3] == (until, after, after + MINUTE)


def test_those_to_look_at_come_first(engine: Engine) -> None:
    for name in ("a.fine", "b.late", "c.failed", "d.paused", "e.never"):
        scheduled(engine, name)
    ran(engine, "a.fine", ago=on_the_minute(0))
    ran(engine, "b.late", ago=on_the_minute(3))
    ran(engine, "c.failed", ago=on_the_minute(0), result="failed")
    ran(engine, "d.paused", ago=on_the_minute(9))
    with Session(acting_as(engine, "dashboard")) as session, session.begin():
        assert pause_schedule(session, OPERATOR, Hold("d.paused", NOW + MINUTE, "loud"), now=NOW)
    found = listed(engine)
    names = [each.scheduled.name for each in found]
    assert names == ["c.failed", "b.late", "d.paused", "a.fine", "e.never"]
    assert [each.is_late for each in found] == [False, True, False, False, False]


def test_each_deed_is_logged_and_what_there_is_not_changes_nothing(engine: Engine) -> None:
    scheduled(engine, "a")
    with Session(acting_as(engine, "dashboard")) as session, session.begin():
        assert run_now(session, OPERATOR, "a", why="now", now=NOW) is not None
        hold = Hold("a", NOW + MINUTE, "loud")
        assert not resume_schedule(session, OPERATOR, "a", now=NOW)
        assert pause_schedule(session, OPERATOR, hold, now=NOW)
        with pytest.raises(TakenError, match=r"by grace until 2026-.* “loud”"):
            pause_schedule(session, OPERATOR, replace(hold, why="mine"), now=NOW)
        longer = replace(hold, until=NOW + 2 * MINUTE, why="longer", instead_of=hold.until)
        assert pause_schedule(session, OPERATOR, longer, now=NOW)
        assert not resume_schedule(session, OPERATOR, "a", now=NOW, until=hold.until)
        assert resume_schedule(session, OPERATOR, "a", now=NOW, until=longer.until)
        assert run_now(session, OPERATOR, "b", why="now", now=NOW) is None
        assert not pause_schedule(session, OPERATOR, replace(hold, name="b"), now=NOW)
        assert not resume_schedule(session, OPERATOR, "b", now=NOW)
    with engine.connect() as connection:
        rows = connection.execute(
            text("SELECT actor, action, details->>'schedule', why FROM audit_log ORDER BY id")
        )
        assert [tuple(row) for row in rows] == [
            ("grace", "schedule.run", "a", "now"),
            ("grace", "schedule.pause", "a", "loud"),
            ("grace", "schedule.pause", "a", "longer"),
            ("grace", "schedule.resume", "a", None),
        ]


def test_viewers_may_not(engine: Engine) -> None:
    with Session(engine) as session:
        with pytest.raises(ForbiddenError):
            run_now(session, VIEWER, "a", why=None, now=NOW)
        with pytest.raises(ForbiddenError):
            pause_schedule(session, VIEWER, Hold("a", NOW + MINUTE, "x"), now=NOW)
        with pytest.raises(ForbiddenError):
            resume_schedule(session, VIEWER, "a", now=NOW)
