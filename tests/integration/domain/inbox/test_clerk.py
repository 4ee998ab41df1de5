"""What Clerk's events lead to, in any order, before and after somebody registers."""

from datetime import timedelta
from itertools import permutations
from typing import Any, Final

import pytest
from sqlalchemy import Engine
from sqlmodel import Session

from domain.constants import INBOX_PATIENCE
from domain.inbox.clerk import clerk_arrived, take_clerk
from domain.inbox.clerk_events import read_clerk
from domain.inbox.keeping import tidy
from domain.inbox.taking import Taken
from domain.users.payloads import UserDeleted
from tests.concurrency.race import race_steps
from tests.helpers.apply import Application
from tests.helpers.clerk import CANARY, PHONE, Said, changed, deleted, name_of
from tests.helpers.diary import Diary
from tests.helpers.pages import DAY, HOUR, START, an_id
from tests.helpers.said import rows
from tests.helpers.stripe import body_of

AT: Final = START - 30 * DAY
NEWER: Final = changed("Ada", at=AT + HOUR, last_name="Newer")
OLDER: Final = changed("Ada", at=AT, last_name="Older", kind="user.created")
GONE: Final = deleted("Ada", at=AT + DAY)


def hear(session: Session, said: Said) -> Taken:
    return take_clerk(session, read_clerk(body_of(said), name_of(said), now=START))


def told(engine: Engine, said: Said) -> Taken:
    with Session(engine) as session, session.begin():
        return hear(session, said)


def registered(engine: Engine) -> None:
    """Have Ada register, and the scheduler look."""
    diary = Diary()
    diary.people("Ada")
    Application(engine).run(diary.pages)
    with Session(engine) as session, session.begin():
        clerk_arrived(session, START)
    Application(engine).run([])


def ada(engine: Engine) -> tuple[Any, ...]:
    statement = "SELECT email, phone_number, last_name, status FROM users WHERE id = :id"
    (found,) = rows(engine, statement, id=an_id("Ada"))
    return found


@pytest.mark.parametrize("order", [*permutations(["register", OLDER, NEWER])])
def test_the_newest_stands(engine: Engine, order: tuple[Any, ...]) -> None:
    for step in (*order, OLDER, NEWER):
        registered(engine) if step == "register" else told(engine, step)
    registered(engine)
    assert ada(engine) == (CANARY, PHONE, "Newer", "active")
    assert {state for (state,) in rows(engine, "SELECT state FROM inbox")} == {"done"}
    assert rows(engine, "SELECT FROM inbox WHERE said IS NOT NULL") == []


@pytest.mark.parametrize("order", [*permutations(["register", NEWER, GONE])])
def test_the_deleted_stay_deleted(engine: Engine, order: tuple[Any, ...]) -> None:
    for step in (*order, NEWER, GONE):
        registered(engine) if step == "register" else told(engine, step)
    registered(engine)
    assert ada(engine) == (None, None, None, "archived_for_recycling")


def test_what_clerk_does_not_know_is_not_cleared(engine: Engine) -> None:
    registered(engine)
    told(engine, changed("Ada", at=AT, phone_numbers=[], primary_phone_number_id=None))
    registered(engine)
    assert ada(engine) == (CANARY, "+4915112345678", "Bird", "active")


def test_what_cant_be_opened_keeps_nobody_back(engine: Engine) -> None:
    told(engine, NEWER)
    told(engine, changed("Ada", at=AT, last_name="Older", kind="user.created"))
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE inbox SET said = '{\"last_name\": 5}' WHERE type = 'user.created'",
        )
    registered(engine)
    assert ada(engine)[2] == "Newer"
    states = dict(rows(engine, "SELECT type, state FROM inbox"))
    assert states == {"user.created": "held", "user.updated": "done"}


def test_who_deletes_their_account_before_registering_leaves_nothing_to_read(
    engine: Engine,
) -> None:
    for said in (NEWER, GONE, OLDER):
        told(engine, said)
    keys = rows(engine, "SELECT key FROM personal_keys")
    assert keys == [(None,)]


def test_who_is_erased_by_ops_leaves_nothing_to_read_of_what_is_held(engine: Engine) -> None:
    """Clerk says nothing of it: what it had told before they registered had a key of its own."""
    told(engine, NEWER)
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE inbox SET state = 'held', awaits = NULL")
    registered(engine)
    diary = Diary()
    diary.note(UserDeleted(user_id=an_id("Ada")), AT + DAY)
    Application(engine).run(diary.pages)
    assert rows(engine, "SELECT DISTINCT key FROM personal_keys") == [(None,)]


def test_who_never_registers_is_forgotten_but_for_a_deletion(engine: Engine) -> None:
    for said in (NEWER, GONE):
        told(engine, said)
    ((received_at,),) = rows(engine, "SELECT max(received_at) FROM inbox")
    with Session(engine) as session, session.begin():
        assert tidy(session, received_at + INBOX_PATIENCE + HOUR) == 2
    found = rows(engine, "SELECT type, state, awaits FROM inbox ORDER BY type")
    assert found == [
        ("user.deleted", "ignored", "clerk:Ada"),
        ("user.updated", "ignored", None),
    ]
    registered(engine)
    assert ada(engine)[-1] == "archived_for_recycling"


@pytest.mark.parametrize("is_registered", [True, False])
def test_a_webhook_and_its_duplicate_at_once(*, engine: Engine, is_registered: bool) -> None:
    if is_registered:
        registered(engine)
    race_steps(engine, lambda session: hear(session, NEWER), lambda session: hear(session, NEWER))
    registered(engine)
    assert ada(engine)[2] == "Newer"
    assert rows(engine, "SELECT count(*) FROM domain_events WHERE source = '/clerk'") == [(1,)]
    assert timedelta() < INBOX_PATIENCE
