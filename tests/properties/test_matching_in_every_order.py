"""G4: vectors, places and summaries depend on what was said, not on when the chores looked."""

from domain.gatherings.payloads import EventCompleted, EventUpdated, LocationAdded
from domain.invitations.payloads import InvitationDeclined
from domain.ratings.payloads import RatingSubmitted
from domain.users.payloads import SocialProfileUpdated, UserDeleted
from tests.helpers.agree import Agree
from tests.helpers.diary import Diary
from tests.helpers.pages import DAY, END, HOUR, START, an_id

GUESTS = ("Ada", "Bo", "Dan")


def an_evening_with_guests() -> Diary:
    diary = Diary()
    diary.people("Hanna", "Cleo", *GUESTS)
    diary.event("drinks", host="Hanna", seats=8)
    for guest in GUESTS:
        diary.invited("drinks", guest)
        diary.paid("drinks", guest)
    return diary


def rate(diary: Diary, guest: str, comment: str) -> None:
    diary.note(
        RatingSubmitted(
            rating_id=an_id(f"rating {guest}"),
            event_id=an_id("drinks"),
            rater_id=an_id(guest),
            host_rating_value=5,
            event_rating_value=5,
            comment=comment,
        ),
        END + DAY,
    )


class TestVectors:
    def test_an_event_changed_declined_and_forgotten(self, agree: Agree) -> None:
        diary = Diary()
        diary.people("Hanna", "Cleo", "Ada", "Bo")
        diary.event("drinks", host="Hanna", seats=8)
        for guest in ("Ada", "Bo"):
            diary.invited("drinks", guest)
        before = list(diary.pages)
        diary.note(EventUpdated(event_id=an_id("drinks"), title="Jazz"), START - 20 * DAY)
        for guest in ("Ada", "Bo"):
            said = {"invitation_id": an_id(f"drinks {guest}"), "decline_reason": "not_interested"}
            diary.note(InvitationDeclined.model_validate(said), START - 3 * DAY)
        diary.note(UserDeleted(user_id=an_id("Bo")), START - 2 * DAY)
        state = agree.on(before, diary.pages[len(before) :])
        (dislike,) = state["user_interest_vectors"]
        assert (dislike["user_id"], dislike["vector_type"]) == (an_id("Ada"), "negative_v1")
        (event,) = state["events"]
        assert dislike["vector"] == event["event_vector"]

    def test_a_profile_said_twice_and_a_deletion_before_it(self, agree: Agree) -> None:
        diary = Diary()
        diary.people("Ada")
        before = list(diary.pages)
        for bio, days in (("I climb", 40), ("I sing", 30)):
            said = SocialProfileUpdated(user_id=an_id("Ada"), bio=bio)
            diary.note(said, START - days * DAY)
        diary.note(UserDeleted(user_id=an_id("Ada")), START - 35 * DAY)
        state = agree.on(before, diary.pages[len(before) :])
        assert state["social_profiles"] == []
        assert state["embeddings"] == []


class TestPlaces:
    def test_a_guest_and_a_place_that_moves(self, agree: Agree) -> None:
        diary = an_evening_with_guests()
        before = list(diary.pages)
        place = {"location_id": an_id("place"), "name": "Bar", "longitude": -74.0}
        diary.note(LocationAdded.model_validate({**place, "latitude": 41.0}), START - DAY)
        diary.reported("drinks", "Ada", by="Hanna", status="attended", at=START + HOUR)
        diary.reported("drinks", "Ada", by="Hanna", status="no_show", at=START)
        state = agree.on(before, diary.pages[len(before) :])
        (row,) = state["user_places"]
        assert (row["user_id"], row["latitude"]) == (an_id("Ada"), 41.0)


class TestSummaries:
    def test_three_comments_of_which_one_stops_counting_and_counts_again(
        self, agree: Agree
    ) -> None:
        diary = an_evening_with_guests()
        for guest in GUESTS:
            diary.reported("drinks", guest, by="Hanna", status="attended")
            rate(diary, guest, f"{guest} says that it was great.")
        before = list(diary.pages)
        diary.note(EventCompleted(event_id=an_id("drinks")), END + 2 * HOUR)
        diary.reported("drinks", "Ada", by="Hanna", status="no_show", at=END + HOUR)
        diary.reported("drinks", "Ada", by="Hanna", status="late", at=END + 2 * HOUR)
        state = agree.on(before, diary.pages[len(before) :])
        (event,) = state["events"]
        assert event["event_summary"]["feedback_summary_ai"].startswith("Guests said")

    def test_a_third_comment_that_stops_counting(self, agree: Agree) -> None:
        diary = an_evening_with_guests()
        for guest in GUESTS:
            diary.reported("drinks", guest, by="Hanna", status="attended")
        for guest in ("Ada", "Bo"):
            rate(diary, guest, "Great.")
        before = list(diary.pages)
        rate(diary, "Dan", "Great.")
        diary.note(EventCompleted(event_id=an_id("drinks")), END + 2 * HOUR)
        diary.reported("drinks", "Dan", by="Hanna", status="no_show", at=END + HOUR)
        state = agree.on(before, diary.pages[len(before) :])
        (event,) = state["events"]
        assert event["event_summary"]["feedback_summary_ai"] is None
        assert state["feedback_summaries"] == []
