"""What two handlers of one cause say in the same words is said twice: of two states."""

from collections.abc import Container

from sqlalchemy import Engine

from domain.catalogue import HANDLERS
from domain.dispatch import apply_due
from domain.gatherings.payloads import EventCancelled
from domain.tables.kudos import Kudo
from tests.helpers.apply import Application
from tests.helpers.diary import Diary
from tests.helpers.ledger import ask, drift
from tests.helpers.pages import HOUR, START, an_id
from tests.helpers.telling import settle, tell
from workers.desk import WorkDesk

LATE = "attendance.apply_event_settled"


def settle_but_for(application: Application, late: Container[str]) -> None:
    """Route and apply until nothing is due but what these handlers take."""
    busy = True
    while busy:
        busy = application.route(1_000) > 0
        for handler in HANDLERS.values():
            if handler.name not in late:
                busy |= application.apply(handler).claimed > 0


class TestFollowUps:
    def test_of_two_handlers_of_one_cause_are_both_published(self, engine: Engine) -> None:
        """G4: Ada's seat goes with the cancelled event, and comes back when that had ended before.

        The handler that settles attendance is late: what it says of her new row has the same cause
        and the same words as what was said when the old one went.
        """
        diary = Diary()
        diary.people("Hanna", "Cleo", "Ada", "Dan")
        diary.event("drinks", host="Hanna", seats=8)
        for person in ("Ada", "Dan"):
            diary.invited("drinks", person)
            diary.paid("drinks", person)
            diary.checked_in("drinks", person, at=START + HOUR)
        diary.ended("drinks")
        diary.thanked("drinks", "Dan", "Ada", Kudo.HELPFUL)
        tell(engine, diary.pages)
        assert kudos_of_ada(engine) == {"helpful": 1}
        called_off = EventCancelled.model_validate(
            {"event_id": an_id("drinks"), "cancelled_by": "host"}
        )
        cancelled = diary.note(called_off, START + 2 * HOUR)
        shortened = diary.moved("drinks", at=START - HOUR, ends_at=START + 1.5 * HOUR)
        application = Application(engine)
        application.publish([cancelled])
        settle_but_for(application, {LATE})
        assert kudos_of_ada(engine) == {}
        application.publish([shortened])
        settle_but_for(application, {LATE, "attendance.apply_invitation_settled"})
        with WorkDesk(engine) as desk:
            assert apply_due(desk.desk, HANDLERS[LATE], limit=1, now=application.now).claimed == 1
        settle(engine)
        assert kudos_of_ada(engine) == {"helpful": 1}
        assert drift(engine) == []


def kudos_of_ada(engine: Engine) -> object:
    statement = "SELECT aggregated_kudos FROM user_internal_metrics WHERE user_id = :id"
    return ask(engine, statement, id=an_id("Ada"))
