"""Schedulers in tests: a clock that is set, a timetable of a test's own, and what ticks say.

As a program, `python -m tests.helpers.scheduling`, it is a scheduler whose one entry inserts a row
into `done` and then, as long as the table `hold` has a row, waits before it commits.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NoReturn

from sqlalchemy import Engine, text
from sqlmodel import Session

from domain.schedules import Line
from domain.sql import execute, fetch
from scheduler.__main__ import Scheduler, serve
from scheduler.lead import Lead
from scheduler.term import Term
from scheduler.ticker import Ticker
from scheduler.timetable import Entry, Timetable
from tests.helpers.ledger import ask as ask_database
from workers.database import make_engine
from workers.log import configure_logging
from workers.settings import load_settings

MONDAY: Final = datetime(2026, 3, 16, 12, tzinfo=UTC)
SECOND: Final = timedelta(seconds=1)
TABLES: Final = """
    CREATE TABLE done (at timestamptz NOT NULL);
    CREATE TABLE hold (why text);
    GRANT ALL ON done, hold TO momento_scheduler;
"""
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@dataclass
class Clock:
    """A clock that stands until it is set."""

    now: datetime = MONDAY

    def __call__(self) -> datetime:
        return self.now

    def forward(self, duration: timedelta) -> None:
        self.now += duration


@dataclass(frozen=True)
class AKind:
    """A kind of due things that a test makes up; they are rows of the table `dues`."""

    name: str
    every: timedelta = SECOND
    sentence: str = "Something that a test makes due."


@dataclass
class Dues:
    """Rows that become due, and how they are published: they are told, once."""

    engine: Engine
    trouble: dict[str, Exception] = field(default_factory=dict)
    pages: list[dict[str, int]] = field(default_factory=list)
    after_page: Callable[[], object] = lambda: None

    def make(self) -> "Dues":
        with self.engine.begin() as connection:
            connection.execute(
                text(
                    "CREATE TABLE dues (kind text, due_at timestamptz, told_at timestamptz);"
                    "CREATE TABLE told (number bigserial, kind text, due_at timestamptz)"
                )
            )
        return self

    def add(self, kind: str, *due_at: datetime) -> None:
        with self.engine.begin() as connection:
            connection.execute(
                text("INSERT INTO dues (kind, due_at) SELECT :kind, unnest(:due)"),
                {"kind": kind, "due": list(due_at)},
            )

    def told(self) -> list[tuple[str, datetime]]:
        with self.engine.connect() as connection:
            rows = connection.execute(text("SELECT kind, due_at FROM told ORDER BY number"))
            return [(kind, due_at) for kind, due_at in rows]

    def publish(
        self, session: Session, kinds: Sequence[Line], *, now: datetime, limit: int
    ) -> dict[str, int]:
        for kind in kinds:
            if kind.name in self.trouble:
                raise self.trouble[kind.name]
        rows = fetch(
            session,
            """
            WITH found AS (
                SELECT ctid FROM dues
                WHERE kind = ANY(%(kinds)s) AND due_at <= %(now)s AND told_at IS NULL
                ORDER BY due_at LIMIT %(limit)s FOR UPDATE
            ), taken AS (
                UPDATE dues SET told_at = %(now)s WHERE ctid IN (SELECT ctid FROM found)
                RETURNING kind, due_at
            )
            INSERT INTO told (kind, due_at) SELECT kind, due_at FROM taken ORDER BY due_at
            RETURNING kind
            """,
            kinds=[kind.name for kind in kinds],
            now=now,
            limit=limit,
        )
        page = {kind.name: sum(row == (kind.name,) for row in rows) for kind in kinds}
        self.pages.append(page)
        self.after_page()
        return page

    def timetable(self, *kinds: AKind) -> Timetable:
        return Timetable(kinds=kinds, entries=(), chores=(), publish=self.publish)


def a_ticker(
    engine: Engine,
    timetable: Timetable,
    clock: Callable[[], datetime],
    *,
    going: Callable[[], bool] = lambda: True,
) -> Ticker:
    """A scheduler's heart that believes that it leads."""
    return Ticker(engine, timetable, now=clock, going=going)


def ticks(engine: Engine, schedule: str) -> list[tuple[Any, ...]]:
    """The runs of a schedule, the oldest first: (planned, count, result, error)."""
    statement = """
        SELECT planned_at, count, result, error FROM ticks WHERE schedule = :name ORDER BY number
    """
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(statement), {"name": schedule})]


@contextmanager
def a_term(
    database_url: str, engine: Engine, clock: Callable[[], datetime], timetable: Timetable
) -> Iterator[Term]:
    """Somebody who leads, or tries to."""
    lead_engine = make_engine(database_url, process="scheduler", pool_size=1)
    term = Term(engine, Lead(lead_engine, now=clock), now=clock)
    term.look(timetable)
    try:
        yield term
    finally:
        term.release()
        lead_engine.dispose()


def hold_on(session: Session, now: datetime) -> int:
    """Insert a row, and wait before the commit as long as a test wants it."""
    execute(session, "INSERT INTO done (at) VALUES (%(now)s)", now=now)
    execute(
        session,
        """
        DO $$ BEGIN
            WHILE EXISTS (SELECT FROM hold) LOOP
                PERFORM pg_sleep(0.02);
            END LOOP;
        END $$
        """,
    )
    return 1


HOLDING: Final = Entry("held", timedelta(hours=1), "Does something and holds on to it.", hold_on)


def main() -> NoReturn:
    """Run a scheduler until asked to stop."""
    settings = load_settings()
    assert settings.database_url is not None
    configure_logging(settings.log_format, process="scheduler")
    url = settings.database_url.get_secret_value()
    serve(Scheduler(url, lambda _wait: Timetable(kinds=(), entries=(HOLDING,))))


if __name__ == "__main__":
    main()


def counted(engine: Engine, name: str = "counted") -> Timetable:
    """A timetable with one entry, which makes a row for each run."""

    def run(session: Session, now: datetime) -> int:
        connection = session.connection()
        connection.exec_driver_sql("CREATE TABLE IF NOT EXISTS runs (at timestamptz)")
        connection.exec_driver_sql("INSERT INTO runs VALUES (%s)", (now,))
        return 1

    return Timetable(kinds=(), entries=(Entry(name, MINUTE, "Makes a row.", run),))


def runs(engine: Engine) -> int:
    count: int = ask_database(engine, "SELECT count(*) FROM runs")
    return count
