"""Whatever judges by an event hears of it when the event is settled otherwise."""

from sqlalchemy import Engine, text

from domain.gatherings.payloads import EventCompleted
from tests.helpers.diary import Diary
from tests.helpers.pages import DAY, END, HOUR, START, an_id
from tests.helpers.telling import tell


class TestEarlierCompletion:
    def test_a_payment_that_came_after_it_is_judged_again(self, engine: Engine) -> None:
        diary = Diary()
        diary.people("Hanna", "Cleo", "Ada")
        diary.event("drinks", host="Hanna", seats=5)
        diary.invited("drinks", "Ada", at=START - DAY, expires_at=END + DAY)
        diary.note(EventCompleted(event_id=an_id("drinks")), END + 3 * HOUR)
        diary.paid("drinks", "Ada", at=END + 2 * HOUR)
        tell(engine, diary.pages)
        diary.pages.clear()
        diary.note(EventCompleted(event_id=an_id("drinks")), END + HOUR)
        tell(engine, diary.pages)
        with engine.connect() as connection:
            found = connection.execute(
                text("SELECT status, confirmed_at, refund_reason FROM invitations, seat_decisions")
            ).one()
        assert tuple(found) == ("sent", None, "event_over")
