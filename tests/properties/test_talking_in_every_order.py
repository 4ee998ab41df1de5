"""G4: talk, posts, photos and the memory book come out the same in every order."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from domain.envelope import Envelope
from domain.gatherings.payloads import EventCancelled, EventCompleted, EventUpdated, Stop
from domain.users.payloads import UserDeleted
from tests.helpers.agree import Agree
from tests.helpers.diary import Diary
from tests.helpers.pages import DAY, END, HOUR, START, an_id
from tests.helpers.state import State

HALF_AN_HOUR = timedelta(minutes=30)
DRINKS, TALK = an_id("drinks"), an_id("talk Ada Dan")
TURNS = pytest.mark.parametrize("follow_ups_at_once", [True, False], ids=["at once", "lagging"])


@pytest.fixture
def diary() -> Diary:
    """Ada, Bo and Dan have seats at an event of Hanna's; Ada came."""
    diary = Diary()
    diary.people("Hanna", "Cleo", "Ada", "Bo", "Dan")
    diary.event("drinks", host="Hanna", seats=5)
    diary.seated("drinks", "Ada", "Bo", "Dan")
    diary.reported("drinks", "Ada", by="Hanna", status="attended")
    return diary


class Telling:
    """Splits a diary into what everybody has heard, and what comes in any order."""

    def __init__(self, diary: Diary) -> None:
        self._diary = diary
        self._before = len(diary.pages)

    @property
    def before(self) -> Sequence[Envelope]:
        return self._diary.pages[: self._before]

    @property
    def told(self) -> Sequence[Envelope]:
        return self._diary.pages[self._before :]


def complete(diary: Diary) -> None:
    diary.note(EventCompleted(event_id=DRINKS), END + 2 * HOUR)


def cancel_in_vain(diary: Diary) -> None:
    """Cancel before the end, which then turns out to have been earlier."""
    said = {"event_id": DRINKS, "cancelled_by": "host"}
    diary.note(EventCancelled.model_validate(said), END - HALF_AN_HOUR)
    stop = Stop(
        location_id=an_id("place"),
        order=1,
        title="Home early",
        start_time=START,
        end_time=END - HOUR,
    )
    diary.note(EventUpdated(event_id=DRINKS, itinerary=[stop]), START - HOUR)


def book(state: State, owner: str) -> dict[str, Any]:
    """What stands in somebody's memory book, by whom it is about: the notes."""
    names = {an_id(name): name for name in ("Ada", "Bo", "Dan", "Hanna")}
    return {
        names[row["connected_user_id"]]: row["private_notes"]
        for row in state["connections"]
        if row["owner_id"] == an_id(owner)
    }


class TestTheMemoryBook:
    @TURNS
    def test_of_an_event_that_was_cancelled_for_a_while(
        self, agree: Agree, diary: Diary, *, follow_ups_at_once: bool
    ) -> None:
        complete(diary)
        telling = Telling(diary)
        diary.remembered("drinks", "Ada", "Dan", private_notes="Ask why")
        cancel_in_vain(diary)
        state = agree.on(
            telling.before,
            telling.told,
            # A refund that was once requested stands.
            but_for={"payments"},
            follow_ups_at_once=follow_ups_at_once,
        )
        assert book(state, "Ada") == {"Dan": "Ask why"}
        assert book(state, "Dan") == {}

    def test_of_somebody_whose_seat_is_heard_of_last(self, agree: Agree, diary: Diary) -> None:
        diary.people("Eve")
        diary.invited("drinks", "Eve")
        complete(diary)
        telling = Telling(diary)
        diary.paid("drinks", "Eve")
        diary.cancelled("drinks", "Eve", at=START - 2 * DAY)
        diary.remembered("drinks", "Ada", "Eve", is_favorite=True)
        state = agree.on(telling.before, telling.told)
        assert [row["is_favorite"] for row in state["connections"]] == [True]

    def test_of_somebody_who_turns_out_to_have_declined_in_time(
        self, agree: Agree, diary: Diary
    ) -> None:
        """What was written is kept, and stands for nothing."""
        telling = Telling(diary)
        diary.declined("drinks", "Dan", at=START - 3.5 * DAY)
        complete(diary)
        diary.remembered("drinks", "Ada", "Dan", is_favorite=True)
        state = agree.on(telling.before, telling.told)
        assert state["connections"] == []
        assert len(state["connection_facts"]) == 1

    @TURNS
    def test_of_an_owner_who_was_deleted(
        self, agree: Agree, diary: Diary, *, follow_ups_at_once: bool
    ) -> None:
        diary.reported("drinks", "Bo", by="Hanna", status="late")
        complete(diary)
        diary.remembered("drinks", "Ada", "Dan", at=END + HOUR, private_notes="before")
        telling = Telling(diary)
        diary.note(UserDeleted(user_id=an_id("Ada")), END + DAY)
        diary.remembered("drinks", "Ada", "Dan", at=END + 2 * DAY, private_notes="after")
        diary.remembered("drinks", "Ada", "Bo", at=END + 2 * DAY, private_notes="after")
        state = agree.on(telling.before, telling.told, follow_ups_at_once=follow_ups_at_once)
        # Erased with its owner; that it was written stays, and so does the entry.
        assert book(state, "Ada") == {"Bo": None, "Dan": None}

    def test_of_somebody_who_only_wrote_after_their_deletion(
        self, agree: Agree, diary: Diary
    ) -> None:
        """Not completed: what was written waits, and is refused once the deletion is known."""
        telling = Telling(diary)
        diary.note(UserDeleted(user_id=an_id("Ada")), END + DAY)
        diary.remembered("drinks", "Ada", "Dan", at=END + 2 * DAY)
        state = agree.on(telling.before, telling.told)
        assert state["connection_facts"] == []


class TestTalk:
    def test_of_two_who_are_heard_of_before_it_is_known_that_they_met(
        self, agree: Agree, diary: Diary
    ) -> None:
        telling = Telling(diary)
        diary.talked("Ada", "Dan")
        diary.said("talk Ada Dan", "Dan", "Hello")
        diary.reported("drinks", "Dan", by="Hanna", status="late")
        state = agree.on(telling.before, telling.told)
        (talk,) = state["conversations"]
        assert talk["last_message_id"] == an_id("Hello")
        assert talk["updated_at"] == (END + 2 * DAY).isoformat()

    def test_that_began_twice_began_when_it_did_first(self, agree: Agree, diary: Diary) -> None:
        diary.reported("drinks", "Dan", by="Hanna", status="late")
        telling = Telling(diary)
        for days in (2, 1):
            diary.talked("Ada", "Dan", at=END + days * DAY)
        diary.talked("Dan", "Ada", at=END + 3 * DAY, name="talk Ada Dan")
        state = agree.on(telling.before, telling.told)
        (talk,) = state["conversations"]
        assert talk["updated_at"] == talk["started_at"] == (END + DAY).isoformat()

    @TURNS
    def test_of_two_whose_event_was_cancelled_for_a_while(
        self, agree: Agree, diary: Diary, *, follow_ups_at_once: bool
    ) -> None:
        diary.reported("drinks", "Dan", by="Hanna", status="late")
        telling = Telling(diary)
        diary.talked("Ada", "Dan")
        cancel_in_vain(diary)
        state = agree.on(
            telling.before,
            telling.told,
            but_for={"payments"},
            follow_ups_at_once=follow_ups_at_once,
        )
        assert [row["id"] for row in state["conversations"]] == [TALK]

    def test_in_which_one_message_is_told_of_twice(self, agree: Agree, diary: Diary) -> None:
        diary.reported("drinks", "Dan", by="Hanna", status="late")
        diary.talked("Ada", "Dan")
        telling = Telling(diary)
        diary.said("talk Ada Dan", "Ada", "again", at=END + 3 * DAY)
        diary.said("talk Ada Dan", "Ada", "again", at=END + 2 * DAY)
        diary.said("talk Ada Dan", "Dan", "well", at=END + 2.5 * DAY)
        state = agree.on(telling.before, telling.told)
        assert [row["last_message_id"] for row in state["conversations"]] == [an_id("well")]


class TestTheBoard:
    def test_of_somebody_who_posts_before_their_seat_is_known(
        self, agree: Agree, diary: Diary
    ) -> None:
        diary.people("Eve")
        diary.invited("drinks", "Eve")
        telling = Telling(diary)
        diary.paid("drinks", "Eve")
        diary.posted("drinks", "Eve", at=START - DAY)
        diary.posted("drinks", "Eve", at=START - 2 * DAY)
        state = agree.on(telling.before, telling.told)
        (post,) = state["event_posts"]
        assert post["stamp_time"] == (START - 2 * DAY).isoformat()

    def test_with_a_photo_that_is_hidden_before_it_is_known_who_came(
        self, agree: Agree, diary: Diary
    ) -> None:
        telling = Telling(diary)
        diary.photographed("drinks", "Dan")
        diary.moderated("drinks", "Dan", "hidden_by_host", by="Hanna")
        diary.reported("drinks", "Dan", by="Hanna", status="late")
        state = agree.on(telling.before, telling.told)
        assert [photo["status"] for photo in state["event_photos"]] == ["hidden_by_host"]
