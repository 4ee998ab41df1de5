"""G14: two schedulers at once publish what one would, each thing once, in due order."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event
from typing import Final

import pytest
from sqlalchemy import Engine, text
from sqlmodel import Session

from scheduler.due import KINDS, publish_due
from tests.helpers.clock import drain, newest, ring, said_since
from tests.helpers.diary import Diary
from tests.helpers.ledger import PATIENCE, ask, until
from tests.helpers.pages import DAY, START, an_id
from tests.helpers.telling import tell

PEOPLE: Final = tuple(f"Guest {number}" for number in range(30))
WAITING: Final = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock'
        AND cardinality(pg_blocking_pids(pid)) > 0
"""


@pytest.fixture
def unanswered(engine: Engine) -> Engine:
    """Thirty invitations that expire an hour after one another."""
    diary = Diary()
    diary.people("Hanna", "Cleo", *PEOPLE)
    diary.event("drinks", host="Hanna", seats=50)
    for person in PEOPLE:
        diary.invited("drinks", person)
    tell(engine, diary.pages)
    return engine


class Publishing:
    """A scheduler that has published a page and not committed."""

    def __init__(self, engine: Engine, pool: ThreadPoolExecutor) -> None:
        self._engine = engine
        self._pool = pool
        self.said = Event()
        self.go_on = Event()

    def start(self, *, commits: bool) -> Future[int]:
        """Publish, wait, and commit or give up."""
        return self._pool.submit(self._publish, commits=commits)

    def join(self) -> Future[int]:
        """Have another scheduler publish a page at the same time."""
        return self._pool.submit(self._page)

    def _page(self) -> int:
        with Session(self._engine) as session, session.begin():
            return sum(publish_due(session, KINDS, now=START, limit=100).values())

    def _publish(self, *, commits: bool) -> int:
        with Session(self._engine) as session:
            count = sum(publish_due(session, KINDS, now=START, limit=100).values())
            self.said.set()
            assert self.go_on.wait(PATIENCE.total_seconds())
            if commits:
                session.commit()
            return count


@contextmanager
def publishing(engine: Engine) -> Iterator[Publishing]:
    with ThreadPoolExecutor(2) as pool:
        first = Publishing(engine, pool)
        try:
            yield first
        finally:
            first.go_on.set()


class TestTwoSchedulers:
    @pytest.mark.parametrize(("commits", "left"), [(True, 0), (False, len(PEOPLE) + 1)])
    def test_the_second_waits_and_says_only_what_the_first_has_not(
        self, unanswered: Engine, *, commits: bool, left: int
    ) -> None:
        before = newest(unanswered)
        with publishing(unanswered) as first:
            mine = first.start(commits=commits)
            assert first.said.wait(PATIENCE.total_seconds())
            others = first.join()
            until(lambda: ask(unanswered, WAITING) > 0, "the second waits for the first")
            first.go_on.set()
            counts = mine.result(), others.result()
        assert counts == (len(PEOPLE) + 1, left)
        said = said_since(unanswered, before)
        # The expiries, and that the event is cancelled, since nobody comes.
        assert {each.subject for each in said} == {
            an_id("drinks"),
            *(an_id(f"drinks {person}") for person in PEOPLE),
        }
        assert len(said) == len(PEOPLE) + 1

    def test_many_of_them_say_everything_once(self, unanswered: Engine) -> None:
        before = newest(unanswered)
        with ThreadPoolExecutor(4) as pool:
            started = [
                pool.submit(drain, unanswered, START - DAY, limit=limit) for limit in (1, 2, 3, 5)
            ]
            for each in started:
                each.result(PATIENCE.total_seconds())
        said = said_since(unanswered, before)
        said += ring(unanswered, START - DAY)
        assert len(said) == len(set(said))
        assert [each.name for each in said].count("invitation.expired") == len(PEOPLE)

    def test_what_nobody_remembers_to_have_said_has_no_second_effect(
        self, unanswered: Engine
    ) -> None:
        first = ring(unanswered, START)
        with unanswered.begin() as connection:
            connection.execute(text("TRUNCATE due_said"))
        assert first
        assert ring(unanswered, START) == []
