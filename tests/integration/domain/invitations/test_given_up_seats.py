"""A seat that was given up is somebody else's, and whoever gave it up doesn't notice."""

from datetime import timedelta

import pytest
from sqlalchemy import Engine, text

from domain.gatherings.payloads import EventCompleted, EventUpdated
from tests.helpers.evening import DAY, END, HOUR, START, Diary, an_id, tell

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
        moved = GIVEN_UP - HOUR
        stop = {
            "location_id": an_id("place"),
            "order": 1,
            "title": "Stop",
            "start_time": moved,
            "end_time": moved + timedelta(days=3),
        }
        later = Diary(pages=[*diary.pages])
        later.note(
            EventUpdated.model_validate({"event_id": an_id("drinks"), "itinerary": [stop]}),
            GIVEN_UP + 2 * HOUR,
        )
        tell(engine, later.pages[-1:])
        assert statuses(engine) == {"Ada": "cancelled", "Bo": "pending_reconfirmation"}
        assert refunds(engine) == 1
