"""What becomes of a duo is the same in every order, whatever ends it, and whoever is told first."""

from collections.abc import Callable
from datetime import datetime

import pytest

from domain.gatherings.payloads import (
    CancelledBy,
    EventCancelled,
    EventCompleted,
    EventUpdated,
    Stop,
)
from domain.invitations.payloads import InvitationSent
from domain.users.payloads import UserDeleted
from tests.helpers.agree import Agree
from tests.helpers.diary import Diary
from tests.helpers.pages import DAY, END, HOUR, START, an_id
from tests.helpers.state import State

EXPIRES = END + DAY
COMPLETED = END + 2 * HOUR
PROPOSED = START - 6 * DAY
PACT = "ada and bo"


def an_event_to_which_two_came() -> Diary:
    """Ada and Bo were invited as a pair, and came; not even their duo's answer is told yet."""
    diary = Diary()
    diary.people("Hanna", "Cleo", "Ada", "Bo", "Dan")
    diary.event("drinks", host="Hanna", seats=5)
    diary.paired(PACT, "Ada", "Bo", expires_at=EXPIRES)
    diary.attended("drinks", "Ada", "Bo", duo=PACT)
    return diary


def completed(diary: Diary) -> None:
    diary.note(EventCompleted(event_id=an_id("drinks")), COMPLETED)


def status(state: State, duo: str = PACT) -> str:
    (found,) = (row["status"] for row in state["duos"] if row["id"] == an_id(duo))
    return str(found)


def later_start(hours: int) -> Stop:
    return Stop(
        location_id=an_id("place"),
        order=1,
        title="Later",
        start_time=START + hours * HOUR,
        end_time=END,
    )


Happen = Callable[[Diary, datetime], object]
ENDS: dict[str, Happen] = {
    "declined": lambda diary, at: diary.parted(PACT, at=at),
    "blocked": lambda diary, at: diary.blocked("Bo", "Ada", at=at),
    "deleted": lambda diary, at: diary.note(UserDeleted(user_id=an_id("Bo")), at),
}


class TestCompletion:
    """G4: completed exactly if it was active at the start."""

    @pytest.mark.parametrize("end", ENDS)
    def test_whatever_ends_it_after_the_start_completes_it_all_the_same(
        self, agree: Agree, end: str
    ) -> None:
        diary = an_event_to_which_two_came()
        told = len(diary.pages)
        diary.agreed(PACT)
        ENDS[end](diary, START + HOUR)
        completed(diary)
        assert status(agree.on(diary.pages[:told], diary.pages[told:])) == "completed"

    @pytest.mark.parametrize(("end", "becomes"), [("declined", "declined"), ("blocked", "expired")])
    def test_what_ends_it_before_the_start_stands(
        self, agree: Agree, end: str, becomes: str
    ) -> None:
        diary = an_event_to_which_two_came()
        told = len(diary.pages)
        diary.agreed(PACT)
        ENDS[end](diary, START - HOUR)
        completed(diary)
        state = agree.on(diary.pages[:told], diary.pages[told:], follow_ups_at_once=False)
        assert status(state) == becomes

    def test_its_expiry_comes_before_or_after_the_completion(self, agree: Agree) -> None:
        diary = an_event_to_which_two_came()
        told = len(diary.pages)
        diary.agreed(PACT)
        diary.lapsed(PACT, at=EXPIRES)
        completed(diary)
        assert status(agree.on(diary.pages[:told], diary.pages[told:])) == "completed"

    def test_an_event_that_turns_out_to_be_cancelled_completes_nothing(self, agree: Agree) -> None:
        diary = an_event_to_which_two_came()
        diary.agreed(PACT)
        told = len(diary.pages)
        completed(diary)
        diary.note(
            EventCancelled(event_id=an_id("drinks"), cancelled_by=CancelledBy.HOST), START - HOUR
        )
        diary.lapsed(PACT, at=EXPIRES)
        state = agree.on(diary.pages[:told], diary.pages[told:], but_for={"payments"})
        assert status(state) == "expired"

    def test_the_start_is_that_of_the_final_plan(self, agree: Agree) -> None:
        diary = an_event_to_which_two_came()
        told = len(diary.pages)
        diary.agreed(PACT, at=START + HOUR)
        diary.note(
            EventUpdated(event_id=an_id("drinks"), itinerary=[later_start(2)]), START - 2 * DAY
        )
        completed(diary)
        assert status(agree.on(diary.pages[:told], diary.pages[told:])) == "completed"

    def test_who_turns_out_to_have_been_invited_alone_didn_t_come_as_a_pair(
        self, agree: Agree
    ) -> None:
        diary = an_event_to_which_two_came()
        diary.agreed(PACT)
        told = len(diary.pages)
        completed(diary)
        older = InvitationSent(
            invitation_id=an_id("drinks Bo"), event_id=an_id("drinks"), user_id=an_id("Bo")
        )
        diary.note(older, START - 4 * DAY - HOUR)
        assert status(agree.on(diary.pages[:told], diary.pages[told:])) == "active"


class TestProposals:
    """G4: what refers to a duo waits for it; who is free by the facts is free in any order."""

    def test_everything_may_come_before_the_proposal(self, agree: Agree) -> None:
        diary = Diary()
        diary.people("Hanna", "Cleo", "Ada", "Bo")
        diary.event("drinks", host="Hanna", seats=5)
        told = len(diary.pages)
        diary.paired(PACT, "Ada", "Bo")
        diary.agreed(PACT)
        diary.invited("drinks", "Ada", duo=PACT)
        state = agree.on(diary.pages[:told], diary.pages[told:])
        assert status(state) == "active"
        assert [row["duo_id"] for row in state["invitations"]] == [an_id(PACT)]

    @pytest.mark.parametrize("end", ENDS)
    def test_a_duo_after_the_end_of_another_stands(self, agree: Agree, end: str) -> None:
        diary = Diary()
        diary.people("Ada", "Bo", "Dan")
        diary.paired(PACT, "Ada", "Bo")
        told = len(diary.pages)
        ENDS[end](diary, PROPOSED + HOUR)
        diary.paired("ada and dan", "Ada", "Dan", at=PROPOSED + 2 * HOUR)
        diary.agreed("ada and dan", at=PROPOSED + 3 * HOUR)
        state = agree.on(diary.pages[:told], diary.pages[told:])
        assert status(state, "ada and dan") == "active"

    def test_a_duo_after_a_completed_one_stands(self, agree: Agree) -> None:
        diary = an_event_to_which_two_came()
        diary.agreed(PACT)
        told = len(diary.pages)
        completed(diary)
        diary.paired("dan and ada", "Dan", "Ada", at=COMPLETED + HOUR)
        diary.agreed("dan and ada", at=COMPLETED + 2 * HOUR)
        state = agree.on(diary.pages[:told], diary.pages[told:])
        assert (status(state), status(state, "dan and ada")) == ("completed", "active")

    def test_a_duo_after_the_end_of_a_block_stands(self, agree: Agree) -> None:
        diary = Diary()
        diary.people("Ada", "Bo")
        told = len(diary.pages)
        diary.blocked("Bo", "Ada", at=PROPOSED - 2 * HOUR)
        diary.unblocked("Bo", "Ada", at=PROPOSED - HOUR)
        diary.paired(PACT, "Ada", "Bo")
        assert status(agree.on(diary.pages[:told], diary.pages[told:])) == "pending"

    def test_a_block_that_is_newer_than_the_proposal_bars_nothing(self, agree: Agree) -> None:
        diary = Diary()
        diary.people("Ada", "Bo")
        told = len(diary.pages)
        diary.paired(PACT, "Ada", "Bo")
        diary.blocked("Bo", "Ada", at=PROPOSED + 2 * DAY)
        diary.unblocked("Bo", "Ada", at=PROPOSED + 3 * DAY)
        state = agree.on(diary.pages[:told], diary.pages[told:], follow_ups_at_once=False)
        assert status(state) == "expired"

    def test_a_duo_with_somebody_who_had_left_is_over_at_once(self, agree: Agree) -> None:
        diary = Diary()
        diary.people("Ada", "Bo")
        told = len(diary.pages)
        diary.note(UserDeleted(user_id=an_id("Bo")), PROPOSED - HOUR)
        diary.paired(PACT, "Ada", "Bo")
        diary.agreed(PACT)
        state = agree.on(diary.pages[:told], diary.pages[told:])
        assert status(state) == "expired"

    def test_a_proposal_that_is_told_twice_is_one(self, agree: Agree) -> None:
        diary = Diary()
        diary.people("Ada", "Bo")
        told = len(diary.pages)
        diary.paired(PACT, "Ada", "Bo", expires_at=START)
        diary.paired(PACT, "Ada", "Bo", at=PROPOSED - HOUR)
        diary.lapsed(PACT, at=PROPOSED + 7 * DAY - HOUR)
        assert status(agree.on(diary.pages[:told], diary.pages[told:])) == "expired"
