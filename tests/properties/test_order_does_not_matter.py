"""The one property: the tables depend on the set of domain events, not on how they came."""

import json
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random

import pytest
from sqlalchemy import Engine

from domain.catalogue import HANDLERS, PUBLIC_TYPES
from domain.envelope import Envelope
from domain.gatherings.payloads import EventCompleted, EventUpdated, Stop
from domain.invitations.payloads import (
    InvitationCancelled,
    InvitationExpired,
    InvitationReconfirmed,
    InvitationSent,
)
from domain.tables.kudos import Kudo
from domain.users.payloads import HostProfileUpdated, UserDeleted, UserStatusChanged
from tests.factories.today import TODAY
from tests.factories.untold import with_untold
from tests.helpers.agree import Agree, MakeEngine
from tests.helpers.apply import IN_ORDER, Application, Manner, apply_by_many, unsettled
from tests.helpers.diary import Diary
from tests.helpers.pages import DAY, END, HOUR, START, an_id
from tests.helpers.state import State, differences, snapshot
from workers.city import history

SEEDS = (1, 2, 3)


def small_city(seed: int, *, contested: bool = False, now: datetime = TODAY) -> list[Envelope]:
    """A few hundred domain events."""
    return with_untold(history(seed, now=now, people=16, gatherings=6, contested=contested), seed)


def shuffled(listed: Sequence[Envelope], seed: int) -> list[Envelope]:
    return Random(seed).sample(list(listed), len(listed))


@pytest.fixture(scope="module")
def states_in_order() -> dict[int, State]:
    """Each city's state after its history in order, computed once."""
    return {}


@pytest.fixture(params=SEEDS)
def seed(request: pytest.FixtureRequest) -> int:
    number: int = request.param
    return number


@pytest.fixture
def in_order(
    seed: int, states_in_order: dict[int, State], make_engine_of_its_own: MakeEngine
) -> State:
    if seed not in states_in_order:
        states_in_order[seed] = state_after(make_engine_of_its_own(), small_city(seed), IN_ORDER)
    return states_in_order[seed]


def state_after(engine: Engine, told: Sequence[Envelope], manner: Manner) -> State:
    """Apply a history; nothing may fail, and nothing may need a second look to be found."""
    application = Application(engine, manner)
    application.run(told)
    assert unsettled(engine) == []
    assert application.healed == 0
    return snapshot(engine)


class TestTheTablesDependOnTheSetAlone:
    """G4: the same state whatever the order, the batches and the handlers' turns."""

    def test_shuffled_is_as_in_order(self, seed: int, in_order: State, engine: Engine) -> None:
        manner = Manner(portion=(1, 80), limit=(1, 500), seed=seed)
        state = state_after(engine, shuffled(small_city(seed), seed), manner)
        assert differences(in_order, state) == []

    def test_backwards_is_as_in_order(self, seed: int, in_order: State, engine: Engine) -> None:
        manner = Manner(portion=(20, 40), limit=(500, 500))
        state = state_after(engine, small_city(seed)[::-1], manner)
        assert differences(in_order, state) == []

    def test_a_fifth_said_twice_is_as_said_once(
        self, seed: int, in_order: State, engine: Engine
    ) -> None:
        """G3: a repetition has no further effect."""
        told = small_city(seed)
        doubled = [*told, *shuffled(told, seed)[: len(told) // 5]]
        manner = Manner(portion=(1, 80), limit=(1, 500), seed=seed)
        state = state_after(engine, shuffled(doubled, seed), manner)
        assert differences(in_order, state) == []

    def test_small_batches_are_as_large_ones(
        self, seed: int, in_order: State, engine: Engine
    ) -> None:
        manner = Manner(portion=(1, 60), limit=(1, 7), seed=seed)
        state = state_after(engine, shuffled(small_city(seed), seed), manner)
        assert differences(in_order, state) == []

    def test_handlers_may_take_any_turns(self, seed: int, in_order: State, engine: Engine) -> None:
        manner = Manner(portion=(30, 60), limit=(500, 500), seed=seed)
        state = state_after(engine, small_city(seed), manner)
        assert differences(in_order, state) == []

    def test_three_workers_at_once_are_as_one(
        self, seed: int, in_order: State, engine: Engine
    ) -> None:
        """G3: two workers never apply the same, nor overwrite what another has just written."""
        apply_by_many(engine, shuffled(small_city(seed), seed), workers=3, seed=seed)
        # Nothing new: only what waited for something that came while it was being put aside.
        Application(engine).run([])
        assert unsettled(engine) == []
        assert differences(in_order, snapshot(engine)) == []


class TestTheHistoriesThemselves:
    def test_every_public_type_happens(self) -> None:
        """A new type without a generator would be left out of everything that is shown here."""
        told = [said.type for seed in SEEDS for said in small_city(seed)]
        assert PUBLIC_TYPES.keys() - set(told) == set()

    def test_every_handler_has_something_to_do(
        self, states_in_order: dict[int, State], engine: Engine
    ) -> None:
        application = Application(engine)
        application.run([said for seed in SEEDS for said in small_city(seed)])
        assert application.busy == HANDLERS.keys()

    def test_the_same_seed_tells_the_same_ids_on_another_day(self) -> None:
        later = small_city(1, now=TODAY + timedelta(days=9))
        assert [said.id for said in later] == [said.id for said in small_city(1)]

    def test_nothing_happens_in_the_future(self) -> None:
        assert all(said.time <= TODAY for said in small_city(1))

    def test_a_contested_city_leaves_nothing_failed_and_no_event_overfull(
        self, engine: Engine
    ) -> None:
        """G2, G10: seats are scarce, everybody pays at once, and all of it is settled."""
        told = shuffled(small_city(4, contested=True), 4)
        # Who has a clerk_id is contested too. What speaks of somebody refused and also waits for
        # an event that nobody heard of is rejected at its next look only: it awaits one thing.
        Application(engine, Manner(portion=(1, 80), limit=(1, 40), seed=4)).run(told)
        assert unsettled(engine) == []
        state = snapshot(engine)
        seats = most_seats_ever(told)
        for event, count in Counter(row["event_id"] for row in state["attendance"]).items():
            assert count <= seats[event]


def most_seats_ever(told: Sequence[Envelope]) -> dict[str, int]:
    """Give the largest size that was ever said of each event: narrowing it takes no seat away."""
    seats: dict[str, int] = {}
    for said in told:
        size = json.loads(said.data).get("max_attendees")
        if size is not None:
            seats[said.subject] = max(size, seats.get(said.subject, 0))
    return seats


class TestCasesThatOnceMattered:
    """G4: a few domain events in every order, after everything else; each was wrong before."""

    def test_a_payment_between_two_completions(self, agree: Agree) -> None:
        diary = an_announced_event()
        diary.note(
            InvitationSent(
                invitation_id=an_id("drinks Ada"),
                event_id=an_id("drinks"),
                user_id=an_id("Ada"),
                expires_at=END + 9 * DAY,
            ),
            START - 4 * DAY,
        )
        before = list(diary.pages)
        diary.note(EventCompleted(event_id=an_id("drinks")), END + 2 * HOUR)
        diary.paid("drinks", "Ada", at=END + 3 * HOUR)
        diary.note(EventCompleted(event_id=an_id("drinks")), END + 4 * HOUR)
        # Who paid first is refused in one order only, and a refund once requested stands.
        state = agree.on(before, diary.pages[len(before) :], but_for={"payments"})
        assert state["attendance"] == []

    def test_a_host_deleted_twice_who_announces_an_event_in_between(self, agree: Agree) -> None:
        diary = Diary()
        diary.people("Hanna", "Cleo")
        diary.event("drinks", host="Hanna", seats=4)
        before = list(diary.pages)
        gone = UserDeleted(user_id=an_id("Hanna"))
        banned = UserStatusChanged.model_validate({"user_id": an_id("Hanna"), "status": "banned"})
        diary.note(gone, START - 45 * DAY)
        diary.note(gone, START - 5 * DAY)
        diary.note(banned, START - 4 * DAY)
        state = agree.on(before, diary.pages[len(before) :])
        assert [event["status"] for event in state["events"]] == ["published"]

    def test_a_profile_made_after_the_deletion(self, agree: Agree) -> None:
        diary = Diary()
        diary.people("Hanna")
        before = list(diary.pages)
        diary.note(UserDeleted(user_id=an_id("Hanna")), START)
        diary.note(HostProfileUpdated(user_id=an_id("Hanna"), host_name="H"), START + HOUR)
        state = agree.on(before, diary.pages[len(before) :])
        assert state["host_profiles"] == []

    def test_a_seat_lost_and_regained_before_anybody_looked(self, agree: Agree) -> None:
        diary = an_announced_event()
        diary.seated("drinks", "Ada", "Bo", "Dan")
        diary.reported("drinks", "Ada", by="Bo", status="attended")
        diary.reported("drinks", "Dan", by="Hanna", status="attended")
        diary.thanked("drinks", "Ada", "Dan", Kudo.HELPFUL)
        diary.note(
            EventUpdated(event_id=an_id("drinks"), itinerary=[later_stop()]), START - 2 * DAY
        )
        before = list(diary.pages)
        ada, bo = (an_id(f"drinks {person}") for person in ("Ada", "Bo"))
        diary.note(InvitationReconfirmed(invitation_id=ada), START - 2 * DAY + HOUR)
        diary.note(InvitationExpired(invitation_id=ada), START - HOUR)
        diary.note(InvitationCancelled(invitation_id=bo), START - 1.5 * DAY)
        told = diary.pages[len(before) :]
        state = agree.on(before, told, but_for={"payments"}, follow_ups_at_once=False)
        assert [kudo["counts"] for kudo in state["attendee_kudos"]] == [False]

    def test_a_payment_that_two_tell_of_keeps_its_seat_and_isn_t_sent_back(
        self, agree: Agree
    ) -> None:
        diary = an_announced_event()
        diary.invited("drinks", "Ada")
        before = list(diary.pages)
        diary.paid("drinks", "Ada")
        diary.paid("drinks", "Ada", at=START - 3 * DAY + HOUR)
        state = agree.on(before, diary.pages[len(before) :])
        assert [payment["status"] for payment in state["payments"]] == ["succeeded"]
        assert [invited["status"] for invited in state["invitations"]] == ["confirmed"]


def an_announced_event() -> Diary:
    diary = Diary()
    diary.people("Hanna", "Cleo", "Ada", "Bo", "Dan")
    diary.event("drinks", host="Hanna", seats=5)
    return diary


def later_stop() -> Stop:
    return Stop(
        location_id=an_id("place"),
        order=1,
        title="An hour later",
        start_time=START + HOUR,
        end_time=END,
    )
