"""An event with a thousand guests: told in a few statements, within a second."""

from time import perf_counter
from typing import Final

import pytest
from sqlalchemy import Engine, text
from sqlmodel import Session

from domain.batch import DomainEvent
from domain.gatherings.payloads import EventSettled
from domain.notifications.telling import tell
from domain.payload import Payload
from domain.tables.notifications import Template
from tests.factories.rows import START, Rows
from tests.helpers.pages import HOUR, an_id
from tests.helpers.said import rows

GUESTS: Final = 1_000
MOMENT: Final = START - 3 * HOUR
# A goal of one second on an idle machine; others are at work beside tests.
PATIENCE_S: Final = 3


@pytest.fixture
def cancelled(engine: Engine) -> Engine:
    """An event of Hanna's that was cancelled, and a thousand who had seats."""
    with Session(engine) as session, session.begin():
        town = Rows(session)
        town.person("Hanna")
        town.event("drinks", host="Hanna", status="cancelled", max_attendees=GUESTS)
    with engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO users (id, clerk_id, birth_date, status)"
                " SELECT gen_random_uuid(), 'guest ' || n, '1990-05-01', 'active'"
                " FROM generate_series(1, :guests) AS n"
            ),
            {"guests": GUESTS},
        )
        connection.execute(
            text(
                "INSERT INTO invitations (id, event_id, user_id, status, confirmed_at)"
                " SELECT gen_random_uuid(), :event, id, 'cancelled', now() FROM users"
                " WHERE clerk_id LIKE 'guest%'"
            ),
            {"event": an_id("drinks")},
        )
    return engine


def settled(event: str) -> DomainEvent[Payload]:
    return DomainEvent(1, "id", "/test", MOMENT, EventSettled(event_id=event), "{}")


def tell_all(engine: Engine) -> int:
    with Session(engine) as session, session.begin():
        return tell(session, [Template.EVENT_CANCELLED], [settled(an_id("drinks"))], now=MOMENT)


class TestFanOut:
    def test_a_thousand_guests_become_rows_in_time(self, cancelled: Engine) -> None:
        began = perf_counter()
        assert tell_all(cancelled) == 2 * GUESTS
        assert perf_counter() - began < PATIENCE_S

    def test_once(self, cancelled: Engine) -> None:
        tell_all(cancelled)
        assert tell_all(cancelled) == 0
        assert rows(cancelled, "SELECT count(*) FROM notifications") == [(2 * GUESTS,)]
