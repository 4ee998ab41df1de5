"""`momento schedule`: what runs when, and what an operator does about it."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from threading import Event

import pytest
from sqlalchemy import Engine
from sqlmodel import Session

from domain.asked_runs import ask as ask_for
from domain.reconcile import Finding
from domain.ticks import planned_time
from scheduler.alarm import DriftError
from scheduler.timetable import Entry, Timetable
from tests.helpers.command import Momento, Said
from tests.helpers.ledger import ask, until
from tests.helpers.scheduling import a_term, a_ticker, ticks
from workers.chores.chore import Chore
from workers.clock import utc_now

HOUR = timedelta(hours=1)
TOMORROW = (datetime.now(UTC) + timedelta(days=1)).isoformat(timespec="seconds")


def three(_session: Session, _now: datetime) -> int:
    return 3


def fail(_engine: Engine, _now: datetime) -> int:
    message = "what somebody wrote"
    raise ValueError(message)


def find_drift(_engine: Engine, _now: datetime) -> int:
    raise DriftError([Finding("figures", looked_at=3, drifted=1, keys=())])


TIMETABLE = Timetable(
    kinds=(),
    entries=(Entry("three.do", HOUR, "Does three.", three),),
    chores=(
        Chore("failing.do", HOUR, "Fails.", fail),
        Chore("figures.look", HOUR, "Finds drift.", find_drift),
    ),
)


@pytest.fixture
def scheduled(database_url: str, engine: Engine) -> None:
    """Somebody has led, and left the timetable."""
    with a_term(database_url, engine, utc_now, TIMETABLE):
        pass


@contextmanager
def leading(database_url: str, engine: Engine, timetable: Timetable = TIMETABLE) -> Iterator[None]:
    """Somebody leads, and answers who asks for a run."""
    left = Event()
    with a_term(database_url, engine, utc_now, timetable) as term:
        ticker = a_ticker(engine, timetable, utc_now, going=term.going)

        def answer() -> None:
            while not left.wait(0.05):
                term.look(timetable)
                ticker.answer()

        with ThreadPoolExecutor(1) as pool:
            answering = pool.submit(answer)
            try:
                yield
            finally:
                left.set()
            answering.result()


def last_line(said: Said) -> str:
    """What the command itself has said; before it spoke the scheduler in the same process."""
    return said.out.splitlines()[-1]


class TestList:
    def test_before_anybody_has_led_it_says_what_to_start(self, momento: Momento) -> None:
        assert momento("schedule", "list").out == (
            "Nothing is scheduled. The scheduler that leads writes the timetable:"
            " start one with `momento up`.\n"
        )
        assert momento("schedule", "list", "--json").json == []

    def test_people_see_each_with_its_newest_and_its_next_run(
        self, momento: Momento, engine: Engine, scheduled: None
    ) -> None:
        now = utc_now()
        a_ticker(engine, TIMETABLE, lambda: now).tick_entries()
        momento("schedule", "pause", "figures.look", "--until", TOMORROW, "--reason", "a backup")
        lines = momento("schedule", "list").out.splitlines()
        assert lines[0].split() == [
            *("NAME", "EVERY", "LAST", "RUN", "TOOK", "COUNT", "RESULT", "NEXT", "PAUSED"),
        ]
        failing, look, did = lines[1:]
        next_run = f"{planned_time(now, HOUR) + HOUR:%Y-%m-%d %H:%M:%S}Z"
        assert failing.split() == [
            "failing.do",
            "1.0",
            "h",
            "never",
            "-",
            "-",
            "-",
            *next_run.split(),
        ]
        assert look.endswith("Z: a backup")
        assert f"{now:%Y-%m-%d %H:%M:%S}Z" in did
        assert did.split()[-4:] == ["3", "done", *next_run.split()]

    def test_programs_get_the_same_as_json(self, momento: Momento, scheduled: None) -> None:
        names = [each["name"] for each in momento("schedule", "list", "--json").json]
        assert names == ["failing.do", "figures.look", "three.do"]


class TestPauseAndResume:
    def test_are_told_and_kept(self, momento: Momento, engine: Engine, scheduled: None) -> None:
        said = momento("schedule", "pause", "three.do", "--until", TOMORROW)
        assert said.out == f"three.do is paused until {TOMORROW}.\n"
        ticker = a_ticker(engine, TIMETABLE, utc_now)
        ticker.tick_entries()
        assert ticks(engine, "three.do") == []
        again = momento("schedule", "pause", "three.do", "--until", TOMORROW)
        assert (again.code, "three.do is paused already, by " in again.err) == (1, True)
        longer = ("--until", TOMORROW, "--reason", "longer", "--replace")
        assert momento("schedule", "pause", "three.do", *longer).code == 0
        assert momento("schedule", "resume", "three.do").out == (
            "three.do isn't paused any more. A planned time that it has skipped is made up for"
            " within seconds.\n"
        )
        over = momento("schedule", "resume", "three.do")
        assert (over.code, "three.do isn't paused. Nothing was changed." in over.err) == (1, True)
        ticker.tick_entries()
        assert len(ticks(engine, "three.do")) == 1

    @pytest.mark.parametrize(
        ("until", "fault"),
        [
            ("2026-03-14T20:00", "has no offset"),
            ("tomorrow", "is no time"),
            ("\udcff", "is no time"),
            ("9999-12-31T23:59-23:00", "is after 2200"),
        ],
    )
    def test_a_time_of_no_use_gets_a_sentence(
        self, momento: Momento, until: str, fault: str
    ) -> None:
        said = momento("schedule", "pause", "three.do", "--until", until)
        assert said.code == 2
        assert f"{fault}; write it like 2026-03-14T20:00+01:00" in said.err

    def test_a_time_that_is_over_gets_a_sentence(self, momento: Momento, scheduled: None) -> None:
        said = momento("schedule", "pause", "three.do", "--until", "2026-03-14T20:00+01:00")
        assert said.code == 1
        assert "2026-03-14T20:00:00+01:00 is over already" in said.err

    @pytest.mark.parametrize(
        "arguments", [("run", "four.do"), ("resume", "four.do"), ("pause", "four.do")]
    )
    def test_an_unknown_name_gets_a_line_with_the_known_ones(
        self, momento: Momento, scheduled: None, arguments: tuple[str, ...]
    ) -> None:
        more = ("--until", TOMORROW) if arguments[0] == "pause" else ()
        said = momento("schedule", *arguments, *more)
        assert said.code == 1
        assert said.err == (
            "momento schedule: There is no schedule four.do."
            " There are failing.do, figures.look, three.do.\n"
        )


class TestRun:
    def test_is_done_by_whoever_leads_and_says_what_it_did(
        self, momento: Momento, database_url: str, engine: Engine
    ) -> None:
        with leading(database_url, engine):
            said = momento("schedule", "run", "three.do")
            again = momento("schedule", "run", "three.do", "--json")
        assert said.code == 0
        assert last_line(said).startswith("three.do is done: 3, in ")
        assert last_line(again) == "}"
        assert '"result": "done"' in again.out
        # Each at its own moment.
        first, second = ticks(engine, "three.do")
        assert first[1:] == second[1:] == (3, "done", None)
        assert first[0] < second[0]

    def test_that_has_nothing_to_do_says_so(
        self, momento: Momento, database_url: str, engine: Engine
    ) -> None:
        idle = Timetable((), (Entry("nothing.do", HOUR, "Has nothing to do.", lambda *_: 0),))
        with leading(database_url, engine, idle):
            said = momento("schedule", "run", "nothing.do")
        assert last_line(said).startswith("nothing.do is done: there was nothing to do, in ")

    def test_that_fails_or_finds_drift_says_so_and_fails(
        self, momento: Momento, database_url: str, engine: Engine
    ) -> None:
        with leading(database_url, engine):
            failed = momento("schedule", "run", "failing.do")
            drifted = momento("schedule", "run", "figures.look")
        assert (failed.code, drifted.code) == (1, 1)
        assert last_line(failed).startswith("failing.do failed after ")
        assert last_line(failed).endswith(": ValueError.")
        assert last_line(drifted).startswith("figures.look found drift in 1 row, in ")
        assert last_line(drifted).endswith(": `momento reconcile` names them.")

    def test_without_anybody_who_leads_is_taken_back(
        self, momento: Momento, engine: Engine, scheduled: None
    ) -> None:
        said = momento("schedule", "run", "three.do")
        assert said.code == 1
        assert said.err == (
            "No scheduler leads just now; waiting for one.\n"
            "momento schedule: three.do was not run: no scheduler leads."
            " Start one with `momento up`.\n"
        )
        assert ask(engine, "SELECT count(*) FROM schedules WHERE asked_at IS NOT NULL") == 0

    def test_by_two_at_once_is_one(self, engine: Engine, scheduled: None) -> None:
        moments = []
        for _ in range(2):
            with Session(engine) as session, session.begin():
                moments.append(ask_for(session, "three.do"))
        assert moments[0] == moments[1]
        a_ticker(engine, TIMETABLE, utc_now).answer()
        until(lambda: len(ticks(engine, "three.do")) == 1, "it was run once")
