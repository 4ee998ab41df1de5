"""A seat that was given up is somebody else's, and whoever gave it up doesn't notice."""

import pytest
from sqlalchemy import Engine, text

from domain.catalogue import HANDLERS
from domain.gatherings.payloads import EventCancelled, EventCompleted, EventUpdated
from domain.users.payloads import UserDeleted
from tests.helpers.apply import Application
from tests.helpers.diary import Diary
from tests.helpers.ledger import drift
from tests.helpers.pages import DAY, END, HOUR, START, an_id
from tests.helpers.telling import settle, tell

# Before the invitations expire.
GIVEN_UP = START - 2 * DAY - 12 * HOUR


@pytest.fixture
def diary(engine: Engine) -> Diary:
    """Ada has the only seat; what is noted from here on is yet to be told."""
    diary = Diary()
    diary.people("Hanna", "Cleo", "Ada", "Bo")
    diary.event("drinks", host="Hanna", seats=1)
    diary.invited("drinks", "Ada")
    diary.invited("drinks", "Bo", expires_at=START)
    diary.paid("drinks", "Ada", at=START - 3 * DAY)
    return diary


def statuses(engine: Engine) -> dict[str, str]:
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT id::text, status FROM invitations"))
        found = {row.id: row.status for row in rows}
    return {name: found[an_id(f"drinks {name}")] for name in ("Ada", "Bo")}


def refunds(engine: Engine) -> int:
    with engine.connect() as connection:
        count: int = connection.execute(
            text("SELECT count(*) FROM seat_decisions WHERE refund_reason IS NOT NULL")
        ).scalar_one()
    return count


def tell_one_by_one(engine: Engine, diary: Diary) -> None:
    for page in diary.pages:
        tell(engine, [page])


class TestSettle:
    def test_who_cancelled_early_stays_so_when_the_full_event_is_completed(
        self, engine: Engine, diary: Diary
    ) -> None:
        diary.cancelled("drinks", "Ada", at=GIVEN_UP)
        diary.paid("drinks", "Bo", at=GIVEN_UP + HOUR)
        diary.note(EventCompleted(event_id=an_id("drinks")), END + HOUR)
        tell_one_by_one(engine, diary)
        assert statuses(engine) == {"Ada": "cancelled_early", "Bo": "confirmed"}
        assert refunds(engine) == 0

    def test_a_seat_given_up_in_the_same_batch_is_free_for_the_next(
        self, engine: Engine, diary: Diary
    ) -> None:
        tell(engine, diary.pages)
        told = len(diary.pages)
        diary.cancelled("drinks", "Ada", at=GIVEN_UP)
        diary.paid("drinks", "Bo", at=GIVEN_UP + HOUR)
        diary.note(EventUpdated(event_id=an_id("drinks"), collaborators=[]), GIVEN_UP + HOUR)
        tell(engine, diary.pages[told:])
        assert statuses(engine) == {"Ada": "cancelled_early", "Bo": "confirmed"}

    def test_a_cancellation_that_no_longer_counts_brings_back_no_seat_that_is_taken(
        self, engine: Engine, diary: Diary
    ) -> None:
        """G10: the start moves before Ada's cancellation, which then came too late to count."""
        diary.cancelled("drinks", "Ada", at=GIVEN_UP)
        diary.paid("drinks", "Bo", at=GIVEN_UP + HOUR)
        tell_one_by_one(engine, diary)
        begins = GIVEN_UP - HOUR
        later = diary.moved(
            "drinks", at=GIVEN_UP + 2 * HOUR, starts_at=begins, ends_at=begins + 3 * DAY
        )
        tell(engine, [later])
        assert statuses(engine) == {"Ada": "cancelled", "Bo": "pending_reconfirmation"}
        assert refunds(engine) == 1


class TestWhoseSeatItIs:
    """What takes a seat away may be heard of late, or turn out to have had no effect."""

    def deleted(self, diary: Diary) -> None:
        """Ada turns out to have left before she paid: the money goes back."""
        diary.note(UserDeleted(user_id=an_id("Ada")), START - 3 * DAY - HOUR)

    def test_that_of_somebody_who_was_deleted_before_paying_is_free(
        self, engine: Engine, diary: Diary
    ) -> None:
        self.deleted(diary)
        diary.paid("drinks", "Bo", at=GIVEN_UP)
        tell_one_by_one(engine, diary)
        assert statuses(engine) == {"Ada": "cancelled", "Bo": "confirmed"}
        assert refunds(engine) == 1
        assert drift(engine) == []

    def test_it_is_free_at_once_for_who_is_judged_beside_them(
        self, engine: Engine, diary: Diary
    ) -> None:
        """The event is settled when the deletion is known and the payment is kept already."""
        tell(engine, diary.pages)
        told = len(diary.pages)
        self.deleted(diary)
        diary.paid("drinks", "Bo", at=GIVEN_UP)
        diary.note(EventUpdated(event_id=an_id("drinks"), collaborators=[]), GIVEN_UP)
        application = Application(engine)
        application.publish(diary.pages[told:])
        application.route(1_000)
        for name in (
            "users.apply_user_deleted",
            "payments.apply_payment_succeeded",
            "gatherings.apply_event_updated",
        ):
            assert application.apply(HANDLERS[name]).claimed == 1
        application.route(1_000)
        assert application.apply(HANDLERS["invitations.apply_event_settled"]).claimed == 1
        settle(engine)
        assert statuses(engine) == {"Ada": "cancelled", "Bo": "confirmed"}
        assert drift(engine) == []

    def test_that_of_a_cancelled_event_is_kept_as_the_cancellation_may_have_come_after_the_end(
        self, engine: Engine, diary: Diary
    ) -> None:
        """G10: Bo's payment is heard of while nobody seems to have a seat."""
        called_off = EventCancelled.model_validate(
            {"event_id": an_id("drinks"), "cancelled_by": "host"}
        )
        diary.note(called_off, START + 2 * HOUR)
        diary.paid("drinks", "Bo", at=GIVEN_UP)
        tell_one_by_one(engine, diary)
        assert statuses(engine) == {"Ada": "cancelled", "Bo": "cancelled"}
        shortened = diary.moved("drinks", at=GIVEN_UP + HOUR, ends_at=START + HOUR)
        tell(engine, [shortened])
        assert statuses(engine) == {"Ada": "confirmed", "Bo": "cancelled"}
        assert drift(engine) == []
