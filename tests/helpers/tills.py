"""Takes Stripe's events in as the gateway does, and says what has come of them."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Engine
from sqlmodel import Session

from domain.inbox.taking import Taken, take, take_arrived
from gateway.stripe import read_signed
from tests.helpers.apply import Application
from tests.helpers.diary import Diary
from tests.helpers.pages import START, an_id
from tests.helpers.said import rows
from tests.helpers.stripe import SECRET, body_of, signature

# When all of it is heard.
HEARD = START
MINUTE = timedelta(minutes=1)


class Paid(NamedTuple):
    """A payment as it stands."""

    status: str
    amount: int
    purpose: str


def hear(engine: Engine, said: Mapping[str, Any]) -> Taken:
    """Take one in, signed."""
    body = body_of(said)
    event = read_signed(body, signature(body, at=HEARD), secrets=[SECRET], now=HEARD)
    with Session(engine) as session, session.begin():
        return take(session, event)


def evening(*people: str, seats: int = 8) -> Diary:
    """Drinks at Hal's, to which these people are invited."""
    diary = Diary()
    diary.people("Hal", "Cleo", *people)
    diary.event("drinks", host="Hal", seats=seats)
    for person in people:
        diary.invited("drinks", person)
    return diary


def settle(engine: Engine, diary: Diary | None = None) -> None:
    """Apply everything, and what has waited for it."""
    Application(engine).run(diary.pages if diary is not None else [])
    with Session(engine) as session, session.begin():
        moved = take_arrived(session, HEARD)
    if moved:
        Application(engine).run([])


def payments(engine: Engine) -> dict[str, Paid]:
    """All payments by the name of their payment intent."""
    found = rows(
        engine,
        "SELECT stripe_payment_intent_id, status, amount_in_cents, purpose FROM payments",
    )
    return {name.removeprefix("pi_"): Paid(*rest) for name, *rest in found}


def invitation(engine: Engine, person: str, gathering: str = "drinks") -> str:
    """Where somebody's invitation stands."""
    statement = "SELECT status FROM invitations WHERE id = :id"
    ((status,),) = rows(engine, statement, id=an_id(f"{gathering} {person}"))
    return str(status)


def subscription(engine: Engine, person: str) -> tuple[str, datetime | None, str | None]:
    """What somebody pays for."""
    statement = (
        "SELECT subscription_status, subscription_ends, stripe_subscription_id"
        " FROM users WHERE id = :id"
    )
    ((status, ends, name),) = rows(engine, statement, id=an_id(person))
    return status, ends, name


def inbox(engine: Engine) -> dict[str, tuple[str, str | None]]:
    """What became of each event, by its id."""
    found = rows(engine, "SELECT id, state, reason FROM inbox")
    return {name: (state, reason) for name, state, reason in found}
