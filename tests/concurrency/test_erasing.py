"""Erasing somebody waits for whoever is just writing what is to be erased."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from sqlalchemy import Engine, text
from sqlmodel import Session

from domain.catalogue import HANDLERS, Handler
from domain.dispatch import Desk, Report, apply_due
from domain.users.payloads import UserDeleted, UserUpdated
from scheduler.housekeeping import forget_tellings
from tests.concurrency.race import WAITING, race
from tests.helpers.diary import Diary
from tests.helpers.ledger import (
    PATIENCE,
    a_registration,
    ask,
    drift,
    publish,
    route_all,
    say,
    until,
)
from tests.helpers.pages import DAY, END, START, an_id
from tests.helpers.roles import acting_as
from tests.helpers.safety import call_off
from tests.helpers.telling import settle, tell
from workers.desk import WorkDesk

CALLED_OFF = HANDLERS["gatherings.apply_event_cancelled"]
DEPARTED = HANDLERS["privacy.apply_user_departed"]
LOGGED = HANDLERS["safety.apply_event_settled"]
SAID = HANDLERS["messaging.apply_message_sent"]
UPDATED = HANDLERS["users.apply_user_updated"]


def test_what_was_just_being_written_is_erased_too(engine: Engine) -> None:
    """The update holds Ada's key until its facts are there to be found."""
    publish(engine, a_registration("Ada"))
    settle(engine)
    publish(engine, say(UserDeleted(user_id=an_id("Ada")), "deleted", at=START + timedelta(days=9)))
    route_all(engine)
    settle_only_the_deletion(engine)
    said = UserUpdated(user_id=an_id("Ada"), email="canary@example.org")
    publish(engine, say(said, "updated", at=START + timedelta(days=1)))
    route_all(engine)
    first, second = race(engine, UPDATED, DEPARTED)
    assert (first.outcomes, second.outcomes) == ({"done": 1}, {"done": 1})
    assert ask(engine, "SELECT count(*) FROM user_facts WHERE data::text LIKE '%canary%'") == 0
    assert ask(engine, "SELECT count(*) FROM personal_keys WHERE key IS NOT NULL") == 0


def settle_only_the_deletion(engine: Engine) -> None:
    """Have the deletion applied, and what follows from it only routed."""
    apply(engine, HANDLERS["users.apply_user_deleted"])
    route_all(engine)


def apply(engine: Engine, handler: Handler) -> Report:
    """Apply what is due for one handler."""
    with WorkDesk(engine) as desk:
        return apply_due(desk.desk, handler, limit=10, now=datetime.now(UTC))


class TestEvents:
    @pytest.fixture
    def met(self, engine: Engine) -> Diary:
        """Ada and Bo have met at Hanna's, and both are about to leave."""
        diary = Diary()
        diary.people("Hanna", "Cleo", "Ada", "Bo")
        diary.event("drinks", host="Hanna", seats=8)
        diary.attended("drinks", "Ada", "Bo")
        diary.ended("drinks")
        diary.remembered("drinks", "Ada", "Bo", at=END + DAY, private_notes="canary")
        tell(engine, diary.pages)
        diary.pages = diary.pages[len(diary.pages) :]
        return diary

    def leave(self, engine: Engine, diary: Diary, *people: str) -> None:
        for person in people:
            diary.note(UserDeleted(user_id=an_id(person)), END + 3 * DAY)
        publish(engine, *diary.pages)
        route_all(engine)
        settle_only_the_deletion(engine)

    def test_what_somebody_reads_of_an_event_is_not_erased_meanwhile(
        self, engine: Engine, met: Diary
    ) -> None:
        """Who has read a note before it is erased, and writes it after, must have been waited for.

        Whoever settles the event holds it from before they read until they have written.
        """
        self.leave(engine, met, "Ada")
        notes = "SELECT count(*) FROM connection_facts WHERE data::text LIKE '%canary%'"
        assert ask(engine, notes) == 1
        with engine.connect() as settling, ThreadPoolExecutor(1) as pool:
            settling.execute(text("SELECT FROM events FOR NO KEY UPDATE"))
            erasing = pool.submit(apply, engine, DEPARTED)
            until(lambda: erasing.done() or ask(engine, WAITING) > 0, "the erasure waits")
            assert not erasing.done()
            settling.rollback()
            erasing.result(PATIENCE.total_seconds())
        assert ask(engine, notes) == 0
        assert ask(engine, "SELECT count(private_notes) FROM connections") == 0

    def test_a_reason_that_is_being_quoted_is_erased_too(self, engine: Engine, met: Diary) -> None:
        """Of a host who has called off, and leaves while that is written down."""
        met.event("brunch", host="Hanna", seats=8, starts_at=START + 9 * DAY)
        tell(engine, met.pages)
        call_off(met, "brunch", at=END + DAY)
        publish(engine, *met.pages[-1:])
        route_all(engine)
        apply(engine, CALLED_OFF)
        met.pages = met.pages[len(met.pages) :]
        self.leave(engine, met, "Hanna")
        race(engine, LOGGED, DEPARTED)
        settle(engine)
        assert ask(engine, "SELECT count(*) FROM host_reliability_log") == 1
        assert ask(engine, "SELECT count(metadata) FROM host_reliability_log") == 0
        assert drift(engine) == []

    def test_of_two_who_met_and_leave_at_once_one_waits(self, engine: Engine, met: Diary) -> None:
        self.leave(engine, met, "Ada", "Bo")
        race(engine, DEPARTED, DEPARTED, limit=1)
        settle(engine)
        assert ask(engine, "SELECT count(snapshot_name) FROM connections") == 0
        assert drift(engine) == []


class TestTellings:
    def test_what_was_being_written_for_somebody_who_leaves_goes_within_an_hour(
        self, engine: Engine
    ) -> None:
        """Whoever tells has read that Dan is there, and commits once he is erased."""
        diary = Diary()
        diary.people("Hanna", "Cleo", "Ada", "Dan")
        diary.event("drinks", host="Hanna", seats=8)
        diary.attended("drinks", "Ada", "Dan")
        diary.ended("drinks")
        diary.talked("Ada", "Dan", at=END + DAY)
        tell(engine, diary.pages)
        now = datetime.now(UTC)
        diary.said("talk Ada Dan", "Ada", "Hi", at=now)
        diary.note(UserDeleted(user_id=an_id("Dan")), now)
        publish(engine, *diary.pages[-2:])
        route_all(engine)
        with WorkDesk(engine) as desk:
            late = replace(desk.desk, transaction=partial(self.erasing_before, engine, desk.desk))
            report = apply_due(late, SAID, limit=10, now=datetime.now(UTC))
        assert report.outcomes == {"done": 1}
        left = "SELECT count(*) FROM notifications WHERE user_id = :dan"
        assert ask(engine, left, dan=an_id("Dan")) == 1
        forget_tellings(acting_as(engine, "scheduler"), now, wait=lambda _: True)
        assert ask(engine, left, dan=an_id("Dan")) == 0
        assert ask(engine, "SELECT count(*) FROM notifications") > 0

    @staticmethod
    @contextmanager
    def erasing_before(engine: Engine, desk: Desk) -> Iterator[Session]:
        """A transaction before whose commit somebody else erases who has just been deleted."""
        with desk.transaction() as session:
            yield session
            settle_only_the_deletion(engine)
            apply(engine, DEPARTED)
