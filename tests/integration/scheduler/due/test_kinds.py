"""G14: each kind of due thing is published once with its due time, is applied, and is over."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Final

import pytest
from sqlalchemy import Engine

from domain.calendar import months_after
from domain.catalogue import HANDLERS
from domain.gatherings.payloads import EventCompleted
from domain.profiles.payloads import ProfilePhotoAdded
from domain.tables.users import SubscriptionStatus
from domain.users.payloads import PresenceChanged, SubscriptionChanged, UserDeleted
from scheduler.due import KINDS
from tests.factories.facts import INSTANT, MINUTE
from tests.helpers.clock import Said, named, ring
from tests.helpers.diary import Diary
from tests.helpers.ledger import ask
from tests.helpers.pages import DAY, END, HOUR, START, an_id
from tests.helpers.telling import settle, tell

SENT: Final = START - 10 * DAY


def _drinks(diary: Diary, *, least: int = 1) -> None:
    diary.people("Hanna", "Cleo", "Ada", "Bo")
    diary.event("drinks", host="Hanna", seats=5, least=least)


def _invited(diary: Diary) -> None:
    _drinks(diary)
    diary.invited("drinks", "Ada", at=SENT, expires_at=START - 2 * DAY)


def _seated(diary: Diary) -> None:
    _drinks(diary)
    diary.invited("drinks", "Ada")
    diary.paid("drinks", "Ada")


def _moved(diary: Diary) -> None:
    _seated(diary)
    diary.moved("drinks", at=START - 2 * DAY, starts_at=START + HOUR, ends_at=END + HOUR)


def _paired(diary: Diary) -> None:
    diary.people("Ada", "Bo")
    diary.paired("pair", "Ada", "Bo", at=START - 7 * DAY)


def _agreed(diary: Diary) -> None:
    _paired(diary)
    diary.agreed("pair")


def _empty(diary: Diary) -> None:
    _seated(diary)
    diary.event("lonely", host="Hanna", seats=5, least=2, starts_at=START + HOUR)


def _over(diary: Diary) -> None:
    _seated(diary)
    diary.note(EventCompleted(event_id=an_id("drinks")), END + HOUR)


def _online(diary: Diary) -> None:
    diary.people("Ada")
    diary.note(PresenceChanged(user_id=an_id("Ada"), is_online=True), START)


def _paying(status: SubscriptionStatus) -> Callable[[Diary], None]:
    def say(diary: Diary) -> None:
        diary.people("Ada")
        diary.note(
            SubscriptionChanged(
                user_id=an_id("Ada"), subscription_status=status, subscription_ends=START
            ),
            SENT,
        )

    return say


def _photographed(diary: Diary) -> None:
    diary.people("Ada")
    diary.note(
        ProfilePhotoAdded(
            photo_id=an_id("photo"), user_id=an_id("Ada"), url="https://a.b/c", is_authentic=True
        ),
        START,
    )


BADGE_END: Final = months_after(START, 12)


@dataclass(frozen=True, slots=True)
class Case:
    """When something is due, and what the tables say once it is applied."""

    kind: str
    scene: Callable[[Diary], None]
    said: str
    subject: str
    due: datetime
    state: str = "SELECT NULL"
    then: Any = None


CASES: Final[Sequence[Case]] = (
    Case(
        *("invitations.expire", _invited, "invitation.expired", "drinks Ada", START - 2 * DAY),
        *("SELECT status FROM invitations", "expired"),
    ),
    Case(
        *("reconfirmations.lapse", _moved, "invitation.expired", "drinks Ada"),
        *(START - 11 * HOUR, "SELECT status FROM invitations", "cancelled_early"),
    ),
    Case(
        *("duos.expire", _paired, "duo.expired", "pair", START),
        *("SELECT status FROM duos", "expired"),
    ),
    Case(
        *("duos.expire", _agreed, "duo.expired", "pair", START),
        *("SELECT status FROM duos", "expired"),
    ),
    Case(
        *("events.cancel", _empty, "event.cancelled", "lonely", START + HOUR),
        *("SELECT status FROM events WHERE min_attendees = 2", "cancelled"),
    ),
    Case(
        *("events.complete", _seated, "event.completed", "drinks", END + 2 * HOUR),
        *("SELECT completed_at FROM events", END + 2 * HOUR),
    ),
    Case(
        *("events.finalize", _over, "event.finalized", "drinks", END + 25 * HOUR),
        *("SELECT finalized_at FROM events", END + 25 * HOUR),
    ),
    Case(
        *("presence.end", _online, "presence.changed", "Ada", START + 5 * MINUTE),
        *("SELECT is_online FROM users", False),
    ),
    *(
        Case(
            *("subscriptions.end", _paying(status), "subscription.changed", "Ada"),
            *(START + 3 * DAY, "SELECT subscription_status FROM users", "free"),
        )
        for status in (SubscriptionStatus.PREMIUM, SubscriptionStatus.PAST_DUE)
    ),
    Case("badges.end", _photographed, "photo_badge.ended", "photo", BADGE_END),
    Case("events.remind_24h", _seated, "event.reminder_due", "drinks", START - 24 * HOUR),
    Case("events.remind_2h", _seated, "event.reminder_due", "drinks", START - 2 * HOUR),
    Case(
        *("invitations.remind", _invited, "invitation.expiry_near", "drinks Ada"),
        START - 54 * HOUR,
    ),
    Case("duos.remind", _agreed, "duo.expiry_near", "pair", START - 24 * HOUR),
    Case("badges.remind", _photographed, "photo_badge.end_near", "photo", BADGE_END - 14 * DAY),
    Case(
        *("subscriptions.remind", _paying(SubscriptionStatus.PREMIUM), "subscription.end_near"),
        *("Ada", START - 3 * DAY),
    ),
)


def prepared(engine: Engine, scene: Callable[[Diary], None]) -> None:
    """Tell and apply what comes before."""
    diary = Diary()
    scene(diary)
    tell(engine, diary.pages)


class TestKinds:
    def test_every_kind_is_shown(self) -> None:
        assert {case.kind for case in CASES} == {kind.name for kind in KINDS}
        assert len({kind.name for kind in KINDS}) == len(KINDS)

    def test_all_are_looked_for_together(self) -> None:
        """Else a reminder would be said after what became due later than it."""
        assert len({kind.every for kind in KINDS}) == 1

    @pytest.mark.parametrize("case", CASES, ids=lambda case: case.kind)
    def test_due_is_published_once_with_its_due_time_and_then_is_over(
        self, engine: Engine, case: Case
    ) -> None:
        prepared(engine, case.scene)
        kinds = named(case.kind)
        assert ring(engine, case.due - INSTANT, kinds=kinds) == []
        said = [Said(case.said, an_id(case.subject), case.due)]
        assert ring(engine, case.due, kinds=kinds) == said
        assert ring(engine, case.due + MINUTE, kinds=kinds) == []
        settle(engine)
        assert ask(engine, case.state) == case.then
        # Not even when nobody remembers that it was published.
        with engine.begin() as connection:
            connection.exec_driver_sql("TRUNCATE due_said")
        assert ring(engine, case.due + MINUTE, kinds=kinds) == []

    @pytest.mark.parametrize("case", CASES, ids=lambda case: case.kind)
    def test_due_late_it_has_its_due_time_all_the_same(self, engine: Engine, case: Case) -> None:
        prepared(engine, case.scene)
        said = [Said(case.said, an_id(case.subject), case.due)]
        assert ring(engine, case.due + 90 * MINUTE, kinds=named(case.kind)) == said

    def test_what_is_published_has_handlers_or_is_for_others(self) -> None:
        types = {handler.payload.NAME for handler in HANDLERS.values()}
        assert {case.said for case in CASES} - types == {"photo_badge.ended"}


class TestSubscriptions:
    def test_a_word_that_comes_too_late_keeps_none(self, engine: Engine) -> None:
        """A payment is tried again when the end has long passed."""
        prepared(engine, _paying(SubscriptionStatus.PREMIUM))
        ended, again = START + 3 * DAY, START + 4 * DAY
        said = partial(Said, "subscription.changed", an_id("Ada"))
        assert ring(engine, ended, kinds=named("subscriptions.end")) == [said(ended)]
        settle(engine)
        diary = Diary()
        late = SubscriptionChanged(
            user_id=an_id("Ada"), subscription_status=SubscriptionStatus.PAST_DUE
        )
        diary.note(late, again)
        tell(engine, diary.pages)
        told = ring(engine, START + 40 * DAY, kinds=named("subscriptions.end"))
        assert told == [said(again + INSTANT)]
        settle(engine)
        assert ask(engine, "SELECT subscription_status FROM users") == "free"
        assert ring(engine, START + 41 * DAY, kinds=named("subscriptions.end")) == []

    def test_a_word_of_a_clock_that_is_ahead_is_waited_for(self, engine: Engine) -> None:
        """What is published has a due time that has come."""
        diary = Diary()
        diary.people("Ada")
        late = SubscriptionChanged(
            user_id=an_id("Ada"),
            subscription_status=SubscriptionStatus.PREMIUM,
            subscription_ends=START - 4 * DAY,
        )
        diary.note(late, START + MINUTE)
        tell(engine, diary.pages)
        kinds = named("subscriptions.end")
        assert ring(engine, START + MINUTE, kinds=kinds) == []
        due = START + MINUTE + INSTANT
        told = [Said("subscription.changed", an_id("Ada"), due)]
        assert ring(engine, due, kinds=kinds) == told


class TestDeleted:
    def test_nothing_becomes_due_of_somebody_who_left(self, engine: Engine) -> None:
        diary = Diary()
        _paying(SubscriptionStatus.PREMIUM)(diary)
        _photographed(diary)
        diary.note(PresenceChanged(user_id=an_id("Ada"), is_online=True), START)
        _paired(diary)
        diary.note(UserDeleted(user_id=an_id("Ada")), START + MINUTE)
        tell(engine, diary.pages)
        left = ring(engine, BADGE_END + DAY)
        assert left == []
