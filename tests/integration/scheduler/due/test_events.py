"""Events are decided by the facts as of their due time, and wait for those still on their way."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import Engine, text

from domain.catalogue import HANDLERS
from domain.constants import WAITED_FOR_ATTEMPTS
from domain.dispatch import apply_due
from domain.gatherings.payloads import (
    CancelledBy,
    EventCancelled,
    EventCompleted,
    EventUpdated,
    Stop,
)
from domain.invitations.payloads import InvitationReconfirmed
from scheduler.due import KINDS
from tests.factories.facts import INSTANT, MINUTE
from tests.helpers.clock import Said, live_through, named, peek, ring
from tests.helpers.diary import Diary
from tests.helpers.ledger import ask, poisoned, route_all
from tests.helpers.pages import DAY, END, HOUR, START, an_id
from tests.helpers.telling import publish, settle, tell
from workers.desk import WorkDesk

DRINKS = an_id("drinks")
CANCELLED = Said("event.cancelled", DRINKS, START)
COMPLETED = Said("event.completed", DRINKS, END + 2 * HOUR)
FINALIZED = Said("event.finalized", DRINKS, END + 26 * HOUR)
DECIDING = named("events.cancel", "events.complete", "events.finalize")
PAYING = HANDLERS["payments.apply_payment_succeeded"]


def drinks(*seated: str, least: int = 2) -> Diary:
    """Hanna's event with so many seats held."""
    diary = Diary()
    diary.people("Hanna", "Cleo", "Ada", "Bo", "Dan")
    diary.event("drinks", host="Hanna", seats=5, least=least)
    for person in seated:
        diary.invited("drinks", person, expires_at=START + HOUR)
        diary.paid("drinks", person)
    return diary


def status(engine: Engine) -> str:
    found: str = ask(engine, "SELECT status FROM events WHERE id = :id", id=DRINKS)
    return found


def ada_cancels(at: datetime) -> Callable[[Diary], Any]:
    return lambda diary: diary.cancelled("drinks", "Ada", at=at)


def least_is(least: int, at: datetime) -> Callable[[Diary], Any]:
    said = EventUpdated(event_id=DRINKS, min_attendees=least)
    return lambda diary: diary.note(said, at)


def dan_pays(at: datetime) -> Callable[[Diary], Any]:
    def say(diary: Diary) -> None:
        diary.invited("drinks", "Dan", expires_at=END)
        diary.paid("drinks", "Dan", at=at)

    return say


def moved(at: datetime, *, answered: datetime | None = None) -> Callable[[Diary], Any]:
    """The place stays, the start moves and moves back: a seat is to be confirmed again."""

    def say(diary: Diary) -> None:
        diary.moved("drinks", at=at, starts_at=START - HOUR, ends_at=END)
        diary.moved("drinks", at=at + MINUTE, starts_at=START, ends_at=END)
        for person in ("Ada", "Bo"):
            if answered is not None:
                invitation = an_id(f"drinks {person}")
                diary.note(InvitationReconfirmed(invitation_id=invitation), answered)

    return say


class TestTooFew:
    @pytest.mark.parametrize(
        ("seated", "happened", "is_cancelled"),
        [
            (("Ada",), (), True),
            (("Ada", "Bo"), (), False),
            # Who gives up a seat early leaves it free, who is late keeps it from others.
            (("Ada", "Bo"), (ada_cancels(START - 24 * HOUR),), True),
            (("Ada", "Bo"), (ada_cancels(START - 23 * HOUR),), False),
            (("Ada", "Bo"), (ada_cancels(START + MINUTE),), False),
            # A seat that was taken at the start counts, one that was taken later doesn't.
            (("Ada",), (dan_pays(START),), False),
            (("Ada",), (dan_pays(START + INSTANT),), True),
            # What was asked for at the start counts.
            (("Ada",), (least_is(1, START),), False),
            (("Ada",), (least_is(1, START + INSTANT),), True),
            (("Ada", "Bo"), (least_is(3, START),), True),
            (("Ada", "Bo"), (least_is(3, START + INSTANT),), False),
            # A seat that is to be confirmed again counts until the deadline.
            (("Ada", "Bo"), (moved(START - DAY),), True),
            (("Ada", "Bo"), (moved(START - DAY, answered=START - 20 * HOUR),), False),
            (("Ada", "Bo"), (moved(START - HOUR),), False),
        ],
    )
    def test_counts_who_held_a_seat_at_the_start(
        self,
        engine: Engine,
        seated: tuple[str, ...],
        happened: tuple[Callable[[Diary], Any], ...],
        is_cancelled: bool,  # noqa: FBT001 - a column of the table above
    ) -> None:
        """G14: on time or a day late, all facts known, it is decided alike, and once."""
        diary = drinks(*seated)
        for say in happened:
            say(diary)
        tell(engine, diary.pages)
        told = [CANCELLED] if is_cancelled else [COMPLETED]
        assert peek(engine, START, kinds=DECIDING) == ([CANCELLED] if is_cancelled else [])
        assert ring(engine, END + DAY, kinds=DECIDING) == told
        # The lapse, if any, is told and applied: it changes nothing any more.
        live_through(engine, [END + DAY])
        assert status(engine) == ("cancelled" if is_cancelled else "completed")

    def test_who_slept_through_it_all_tells_of_the_cancellation_alone(self, engine: Engine) -> None:
        tell(engine, drinks("Ada").pages)
        told = live_through(engine, [END + 3 * DAY])
        assert [said for said in told if said.name.startswith("event.")] == [CANCELLED]
        assert status(engine) == "cancelled"

    def test_an_event_that_took_place_is_completed_and_then_finalised(self, engine: Engine) -> None:
        tell(engine, drinks("Ada", "Bo").pages)
        told = live_through(engine, [END + 3 * DAY])
        assert [said for said in told if said.name.startswith("event.")] == [COMPLETED, FINALIZED]

    def test_stops_listed_backwards_leave_no_event_undecided(self, engine: Engine) -> None:
        """Its first stop begins after the last one's end, where no cancellation has an effect."""
        diary = drinks("Ada")
        stops = [
            Stop(
                location_id=an_id("place"),
                order=order,
                title="Stop",
                start_time=at,
                end_time=at + HOUR,
            )
            for order, at in ((1, START + 3 * HOUR), (2, START))
        ]
        diary.note(EventUpdated(event_id=DRINKS, itinerary=tuple(stops)), START - 20 * DAY)
        tell(engine, diary.pages)
        live_through(engine, [END + 3 * DAY])
        assert status(engine) == "completed"


class TestSomebodyElse:
    @pytest.mark.parametrize(
        "said",
        [
            EventCompleted(event_id=DRINKS),
            EventCancelled(event_id=DRINKS, cancelled_by=CancelledBy.HOST),
        ],
    )
    def test_what_a_service_said_is_waited_for_and_leaves_nothing_due(
        self, engine: Engine, said: EventCompleted | EventCancelled
    ) -> None:
        tell(engine, drinks("Ada", "Bo").pages)
        diary = Diary()
        is_completion = isinstance(said, EventCompleted)
        diary.note(said, END + HOUR if is_completion else START - HOUR)
        publish(engine, diary.pages)
        assert ring(engine, END + 2 * HOUR, kinds=DECIDING) == []
        settle(engine)
        assert ring(engine, END + 2 * HOUR, kinds=DECIDING) == []

    def test_a_later_end_has_its_own_completion(self, engine: Engine) -> None:
        tell(engine, drinks("Ada", "Bo").pages)
        assert ring(engine, END + 2 * HOUR, kinds=DECIDING) == [COMPLETED]
        settle(engine)
        diary = Diary()
        diary.moved("drinks", at=END - HOUR, ends_at=END + 4 * HOUR)
        tell(engine, diary.pages)
        assert status(engine) == "published"
        later = Said("event.completed", DRINKS, END + 6 * HOUR)
        assert ring(engine, END + 6 * HOUR, kinds=DECIDING) == [later]
        settle(engine)
        assert status(engine) == "completed"


class TestWaiting:
    @pytest.fixture
    def late(self, engine: Engine) -> Diary:
        """Bo has paid before the start, and nobody has applied it yet."""
        diary = drinks("Ada")
        diary.invited("drinks", "Bo", expires_at=START)
        tell(engine, diary.pages)
        diary.pages.clear()
        diary.paid("drinks", "Bo", at=START - 10 * HOUR)
        return diary

    def test_what_is_not_routed_is_waited_for(self, engine: Engine, late: Diary) -> None:
        publish(engine, late.pages)
        assert ring(engine, END + DAY, kinds=DECIDING) == []
        settle(engine)
        assert ring(engine, END + DAY, kinds=DECIDING) == [COMPLETED]

    def test_what_is_not_applied_is_waited_for(self, engine: Engine, late: Diary) -> None:
        publish(engine, late.pages)
        route_all(engine)
        assert ring(engine, START, kinds=DECIDING) == []

    def test_what_happened_later_is_not(self, engine: Engine, late: Diary) -> None:
        late.pages.clear()
        late.paid("drinks", "Bo", at=START + INSTANT)
        publish(engine, late.pages)
        assert ring(engine, START, kinds=DECIDING) == [CANCELLED]

    def test_what_concerns_another_event_is_not(self, engine: Engine, late: Diary) -> None:
        diary = Diary()
        diary.event("brunch", host="Hanna", seats=5)
        diary.invited("brunch", "Dan")
        diary.paid("brunch", "Dan")
        publish(engine, diary.pages)
        assert ring(engine, START, kinds=DECIDING) == [CANCELLED]

    def test_a_reconfirmation_names_only_its_invitation(self, engine: Engine) -> None:
        diary = drinks("Ada", "Bo")
        moved(START - DAY)(diary)
        tell(engine, diary.pages)
        diary.pages.clear()
        answer = InvitationReconfirmed(invitation_id=an_id("drinks Ada"))
        diary.note(answer, START - 20 * HOUR)
        publish(engine, diary.pages)
        assert ring(engine, START, kinds=DECIDING) == []

    def test_poison_holds_it_only_for_some_tries(self, engine: Engine, late: Diary) -> None:
        """G8: what fails again and again is not waited for."""
        publish(engine, late.pages)
        route_all(engine)
        poison = poisoned(PAYING, [late.pages[0].id])
        for attempt in range(1, WAITED_FOR_ATTEMPTS + 2):
            with WorkDesk(engine) as desk:
                now = ask(engine, "SELECT max(due_at) FROM deliveries")
                apply_due(desk.desk, poison, limit=10, now=now)
            with engine.begin() as connection:
                # The other handler waits for what this one is to make: deferred.
                connection.execute(
                    text("UPDATE deliveries SET state = 'deferred' WHERE handler = :other"),
                    {"other": "invitations.apply_payment_succeeded"},
                )
            waits = attempt <= WAITED_FOR_ATTEMPTS
            assert ring(engine, START, kinds=DECIDING) == ([] if waits else [CANCELLED])

    def test_others_do_not_wait_with_it(self, engine: Engine, late: Diary) -> None:
        diary = Diary()
        diary.event("lonely", host="Hanna", seats=5, least=2, starts_at=START + HOUR)
        tell(engine, diary.pages)
        publish(engine, late.pages)
        told = ring(engine, START + HOUR, kinds=KINDS)
        assert Said("event.cancelled", an_id("lonely"), START + HOUR) in told
        assert CANCELLED not in told
