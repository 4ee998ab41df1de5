"""What refers to a missing thing waits for it, is woken, and looks again by itself."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlmodel import Session

from domain.batch import DomainEvent
from domain.catalogue import HANDLERS
from domain.constants import DEFERRED_LOOKS, DEFERRED_PATIENCE
from domain.dispatch import apply_due
from domain.envelope import Envelope
from domain.ops.acting import retry_these
from domain.payload import thing
from domain.users.payloads import UserRegistered
from tests.helpers.apply import Application
from tests.helpers.diary import Diary
from tests.helpers.ledger import (
    DONE,
    REGISTERED,
    VERIFIED,
    Row,
    a_registration,
    a_verification,
    ask,
    behaving,
    deliveries,
    due_in,
    publish,
    route_all,
    say,
)
from tests.helpers.pages import START, an_id
from workers.desk import WorkDesk

INVITED = HANDLERS["invitations.apply_invitation_sent"]
SECOND = timedelta(seconds=1)
WAITING_FOR_ADA = Row("deferred", looks=1, awaits=thing("user", an_id("Ada")))
ADA_IS_REFUSED = Row(
    "rejected",
    looks=1,
    awaits=thing("user", an_id("Ada")),
    reason=f"refers_to_rejected: it refers to {thing('user', an_id('Ada'))}, which was rejected",
)


@pytest.fixture
def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def desk(engine: Engine) -> Iterator[WorkDesk]:
    with WorkDesk(engine) as desk:
        yield desk


def a_child(name: str) -> Envelope:
    """Somebody signs up who is too young to."""
    payload = UserRegistered(user_id=an_id(name), clerk_id="child", birth_date=date(2020, 1, 1))
    return say(payload, f"{name} as a child", at=START)


class TestDeferred:
    @pytest.fixture(autouse=True)
    def ada_is_verified_before_she_signs_up(
        self, engine: Engine, desk: WorkDesk, now: datetime
    ) -> None:
        publish(engine, a_verification("verified", of="Ada"))
        route_all(engine, now)
        apply_due(desk.desk, VERIFIED, limit=10, now=now)
        assert deliveries(engine, VERIFIED) == {"verified": WAITING_FOR_ADA}

    def tell(self, engine: Engine, desk: WorkDesk, page: Envelope, now: datetime) -> None:
        publish(engine, page)
        route_all(engine, now)
        apply_due(desk.desk, REGISTERED, limit=10, now=now)
        apply_due(desk.desk, VERIFIED, limit=10, now=now)

    def test_is_applied_in_the_same_round_as_what_it_waited_for(
        self, engine: Engine, desk: WorkDesk, now: datetime
    ) -> None:
        self.tell(engine, desk, a_registration("Ada"), now)
        assert deliveries(engine, VERIFIED) == {"verified": DONE}

    def test_goes_on_waiting_when_something_else_arrives(
        self, engine: Engine, desk: WorkDesk, now: datetime
    ) -> None:
        self.tell(engine, desk, a_registration("Bo"), now)
        assert deliveries(engine, VERIFIED) == {"verified": WAITING_FOR_ADA}

    def test_is_looked_at_again_after_ever_longer_pauses(
        self, engine: Engine, desk: WorkDesk, now: datetime
    ) -> None:
        for pause in (*DEFERRED_LOOKS, DEFERRED_LOOKS[-1]):
            assert due_in(engine, "verified", now) == pause
            now += pause
            assert apply_due(desk.desk, VERIFIED, limit=1, now=now).outcomes == {"deferred": 1}

    def test_is_healed_by_the_second_look_when_the_wake_was_missed(
        self, engine: Engine, desk: WorkDesk, now: datetime
    ) -> None:
        """Bo arrives after his verification was judged, and before that was written down."""
        publish(engine, a_registration("Ada"))
        route_all(engine, now)
        apply_due(desk.desk, REGISTERED, limit=10, now=now)
        publish(engine, a_registration("Bo"), a_verification("Bo verified", of="Bo"))
        route_all(engine, now)
        with WorkDesk(engine) as other:

            def let_bo_arrive(_: Session, batch: Sequence[DomainEvent[Any]]) -> None:
                assert [each.id for each in batch] == ["verified"]
                assert apply_due(other.desk, REGISTERED, limit=10, now=now).claimed == 1

            slow = behaving(VERIFIED, let_bo_arrive)
            report = apply_due(desk.desk, slow, limit=10, now=now)
        assert report.outcomes == {"done": 1, "deferred": 1}
        assert apply_due(desk.desk, VERIFIED, limit=10, now=now).claimed == 0
        later = now + DEFERRED_LOOKS[0]
        assert apply_due(desk.desk, VERIFIED, limit=10, now=later).outcomes == {"done": 1}

    def test_is_rejected_when_what_it_waits_for_is_rejected(
        self, engine: Engine, desk: WorkDesk, now: datetime
    ) -> None:
        self.tell(engine, desk, a_child("Ada"), now)
        self.tell(engine, desk, a_verification("once more", of="Ada"), now)
        assert deliveries(engine, VERIFIED) == {
            "verified": ADA_IS_REFUSED,
            "once more": ADA_IS_REFUSED._replace(looks=1),
        }

    def test_is_judged_again_when_what_was_rejected_is_made_after_all(
        self, engine: Engine, desk: WorkDesk, now: datetime
    ) -> None:
        """G4: the order of the two registrations doesn't matter."""
        self.tell(engine, desk, a_child("Ada"), now)
        assert deliveries(engine, VERIFIED) == {"verified": ADA_IS_REFUSED}
        self.tell(engine, desk, a_registration("Ada"), now)
        assert deliveries(engine, VERIFIED) == {"verified": DONE}

    def test_is_dead_after_a_week_and_says_for_what_it_waited(
        self, engine: Engine, desk: WorkDesk
    ) -> None:
        """G16: and lives when it is retried once Ada is there, one handler and once."""
        received = ask(engine, "SELECT received_at FROM domain_events")
        almost = received + DEFERRED_PATIENCE - SECOND
        assert apply_due(desk.desk, VERIFIED, limit=1, now=almost).outcomes == {"deferred": 1}
        later = almost + DEFERRED_LOOKS[-1]
        apply_due(desk.desk, VERIFIED, limit=1, now=later)
        reason = f"waited in vain for {WAITING_FOR_ADA.awaits}"
        assert deliveries(engine, VERIFIED)["verified"].reason == reason
        assert deliveries(engine, VERIFIED)["verified"].state == "dead"
        self.tell(engine, desk, a_registration("Ada"), later + 365 * timedelta(days=1))
        assert deliveries(engine, VERIFIED)["verified"].state == "dead"
        seq = ask(engine, "SELECT seq FROM deliveries WHERE state = 'dead'")
        for is_first in (True, False):
            with Session(engine) as session, session.begin():
                again = retry_these(session, [(seq, VERIFIED.name)], now=later)
                assert bool(again) is is_first
            applied = apply_due(desk.desk, VERIFIED, limit=10, now=later)
            assert applied.claimed == int(is_first)
        assert deliveries(engine, VERIFIED) == {"verified": DONE}


class TestWoken:
    def test_who_then_waits_for_something_else_looks_for_that_as_often_as_at_first(
        self, engine: Engine
    ) -> None:
        """Else a wake that was missed would be healed only after hours."""
        diary = Diary()
        diary.people("Hanna", "Cleo")
        diary.event("drinks", host="Hanna", seats=8)
        invited = len(diary.pages)
        diary.invited("drinks", "Ada")
        invitation = diary.pages[invited].id
        application = Application(engine)
        application.publish(diary.pages[invited:])
        application.settle()
        for pause in DEFERRED_LOOKS:
            application.now += pause
            assert application.apply(INVITED).outcomes == {"deferred": 1}
        publish(engine, *diary.pages[:invited])
        application.settle()
        row = deliveries(engine, INVITED)[invitation]
        assert (row.awaits, row.looks) == (thing("user", an_id("Ada")), 1)
        assert due_in(engine, invitation, application.now) == DEFERRED_LOOKS[0]
