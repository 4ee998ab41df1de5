"""A callback and whoever else settles the message: one waits, and both find the same message."""

from typing import Any, Final

import pytest
from sqlalchemy import Engine
from sqlmodel import Session

from tests.concurrency.race import Step, race_steps
from tests.helpers.texting import SID, called, known, recorded, text_on_its_way
from workers.providers.ports import Accepted, Trouble

ANOTHER: Final = f"SM{8:032x}"


def accepted(session: Session) -> None:
    recorded(session, Accepted(SID))


def unclear(session: Session) -> None:
    recorded(session, Trouble("timeout", may_be_accepted=True))


def sent(session: Session) -> None:
    assert called(session, "sent") == "sent"


def delivered(session: Session) -> None:
    assert called(session, "delivered") == "delivered"


def blocked(session: Session) -> None:
    assert called(session, "failed", 21610) == "failed"


@pytest.fixture(autouse=True)
def on_its_way(engine: Engine) -> None:
    with Session(engine) as session, session.begin():
        text_on_its_way(session)


def handovers(engine: Engine) -> list[tuple[Any, ...]]:
    with Session(engine) as session:
        return [each[:3] for each in known(session).handovers]


@pytest.mark.parametrize("record", [accepted, unclear])
@pytest.mark.parametrize(
    ("callback", "outcome"),
    [
        (sent, ("sent", None, SID)),
        (delivered, ("delivered", None, SID)),
        (blocked, ("failed", "21610", SID)),
    ],
)
@pytest.mark.parametrize("is_callback_first", [True, False])
def test_a_callback_and_the_senders_record(
    *, engine: Engine, record: Step, callback: Step, outcome: Any, is_callback_first: bool
) -> None:
    steps = (callback, record) if is_callback_first else (record, callback)
    race_steps(engine, *steps)
    assert handovers(engine) == [outcome]
    with Session(engine) as session:
        assert known(session).told == outcome
        assert [fact[2] for fact in known(session).facts] == ["stop"] * (callback is blocked)


def test_two_callbacks_of_one_message(engine: Engine) -> None:
    race_steps(engine, delivered, sent)
    assert handovers(engine) == [("delivered", None, SID)]


def test_callbacks_of_two_messages_take_a_handover_each(engine: Engine) -> None:
    """An answer was lost, the message wasn't listed in time, and so it was sent again."""
    with Session(engine) as session, session.begin():
        text_on_its_way(session, attempt=2)

    def of_another(session: Session) -> None:
        called(session, "delivered", sid=ANOTHER)

    race_steps(engine, of_another, delivered)
    assert sorted(handovers(engine)) == [("delivered", None, SID), ("delivered", None, ANOTHER)]


def test_the_record_of_a_name_that_a_callback_gave_to_another_attempt(engine: Engine) -> None:
    with Session(engine) as session, session.begin():
        text_on_its_way(session, attempt=2)

    def record_second(session: Session) -> None:
        recorded(session, Accepted(SID), attempt=2)

    race_steps(engine, record_second, delivered)
    assert handovers(engine) == [("sending", None, None), ("delivered", None, SID)]
