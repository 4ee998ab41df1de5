"""A plan said again in other words is no other plan."""

from datetime import UTC, datetime

from sqlalchemy import Engine

from domain.catalogue import PUBLIC_TYPES
from domain.envelope import Envelope, parse_envelope
from domain.gatherings.payloads import EventUpdated
from tests.helpers.apply import unsettled
from tests.helpers.diary import Diary
from tests.helpers.ledger import ask
from tests.helpers.pages import DAY, END, SOURCE, START, an_id
from tests.helpers.telling import tell


def updated_over_http(stop: dict[str, object]) -> Envelope:
    """The plan is told again, as an API service writes it."""
    said = {
        "specversion": "1.0",
        "id": "in other words",
        "source": SOURCE,
        "type": EventUpdated.TYPE,
        "subject": an_id("drinks"),
        "time": (START - 2 * DAY).isoformat(),
        "data": {"event_id": an_id("drinks"), "itinerary": [stop]},
    }
    return parse_envelope(said, types=PUBLIC_TYPES, now=datetime.now(UTC))


class TestTheSamePlan:
    def test_asks_nobody_to_reconfirm(self, engine: Engine) -> None:
        diary = Diary()
        diary.people("Hanna", "Cleo", "Ada")
        diary.event("drinks", host="Hanna", seats=8)
        diary.invited("drinks", "Ada")
        diary.paid("drinks", "Ada")
        tell(engine, diary.pages)
        stop = {
            "location_id": an_id("place").upper(),
            "order": 1,
            "title": "Stop",
            "start_time": START.isoformat().lower().replace("+00:00", "z"),
            "end_time": END.isoformat(),
        }
        tell(engine, [updated_over_http(stop)])
        assert unsettled(engine) == []
        assert ask(engine, "SELECT status FROM invitations") == "confirmed"
