"""Personal values lie sealed in the ledger, are readable to handlers, and gone with their key."""

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Engine, text
from sqlmodel import Session

from domain.dispatch import apply_due
from domain.outbox import publish_many
from domain.sealing import SEALED, destroy_keys
from domain.users.payloads import UserUpdated
from tests.helpers.ledger import (
    CANARY_PHONE,
    REGISTERED,
    Row,
    a_registration,
    ask,
    deliveries,
    publish,
    route_all,
    say,
)
from tests.helpers.pages import START, an_id
from tests.helpers.telling import settle
from workers.desk import WorkDesk

PHONE_IN_LEDGER = "SELECT data ->> 'phone_number' FROM domain_events WHERE id = :id"


@pytest.fixture(autouse=True)
def registered(engine: Engine) -> None:
    publish(engine, a_registration("Ada"), a_registration("Bo"))


def destroy(engine: Engine, *names: str) -> None:
    with Session(engine) as session, session.begin():
        destroy_keys(session, map(an_id, names))


def phone_of(engine: Engine, name: str) -> Any:
    return ask(engine, "SELECT phone_number FROM users WHERE id = :id", id=an_id(name))


class TestPublishing:
    def test_seals_what_is_personal_and_nothing_else(self, engine: Engine) -> None:
        said = ask(engine, "SELECT data FROM domain_events WHERE id = 'Ada'")
        assert said["phone_number"].startswith(SEALED)
        assert said["birth_date"].startswith(SEALED)
        assert (said["user_id"], said["clerk_id"]) == (an_id("Ada"), "Ada")

    def test_the_same_value_never_looks_the_same(self, engine: Engine) -> None:
        ada, bo = (ask(engine, PHONE_IN_LEDGER, id=name) for name in ("Ada", "Bo"))
        assert ada != bo

    def test_each_person_has_one_key(self, engine: Engine) -> None:
        publish(engine, say(UserUpdated(user_id=an_id("Ada"), email="a@b.c"), "later"))
        assert ask(engine, "SELECT count(*) FROM personal_keys") == 2

    def test_a_rolled_back_publication_leaves_no_key(self, engine: Engine) -> None:
        """G1."""
        with Session(engine) as session:
            said = say(UserUpdated(user_id=an_id("Cy"), email="a@b.c"), "undone")
            publish_many(session, [said])
            session.rollback()
        assert ask(engine, "SELECT count(*) FROM personal_keys") == 2

    def test_what_is_said_of_somebody_erased_is_erased_at_once(self, engine: Engine) -> None:
        destroy(engine, "Ada")
        publish(engine, say(UserUpdated(user_id=an_id("Ada"), email="a@b.c"), "late"))
        assert ask(engine, "SELECT data FROM domain_events WHERE id = 'late'") == {
            "user_id": an_id("Ada"),
            "email": None,
        }


class TestReading:
    def test_handlers_get_what_was_said(self, engine: Engine) -> None:
        settle(engine)
        assert phone_of(engine, "Ada") == CANARY_PHONE

    def test_a_destroyed_key_reads_as_erased(self, engine: Engine) -> None:
        destroy(engine, "Ada")
        settle(engine)
        assert (phone_of(engine, "Ada"), phone_of(engine, "Bo")) == (None, CANARY_PHONE)

    def test_a_value_moved_to_another_domain_event_fails_and_says_no_more(
        self, engine: Engine
    ) -> None:
        """Somebody who may write into the ledger, but not read it, learns nothing."""
        with engine.begin() as connection:
            connection.execute(
                text(
                    "UPDATE domain_events AS to_one SET data = to_one.data || jsonb_build_object("
                    " 'phone_number', from_one.data -> 'birth_date')"
                    " FROM domain_events AS from_one"
                    " WHERE to_one.id = 'Ada' AND from_one.id = 'Ada'"
                )
            )
        route_all(engine)
        with WorkDesk(engine) as desk:
            apply_due(desk.desk, REGISTERED, limit=10, now=datetime.now(UTC))
        became = deliveries(engine, REGISTERED)
        assert became["Bo"] == Row("done")
        assert (became["Ada"].state, became["Ada"].attempts) == ("failed", 1)
        assert "InvalidTag" in (became["Ada"].error or "")

    def test_what_was_published_before_there_were_keys_is_read_as_it_is(
        self, engine: Engine
    ) -> None:
        with engine.begin() as connection:
            connection.execute(
                text(
                    "UPDATE domain_events SET data = data || jsonb_build_object("
                    " 'phone_number', '+12025550123', 'birth_date', '1990-05-01')"
                    " WHERE id = 'Ada'"
                )
            )
        settle(engine)
        assert phone_of(engine, "Ada") == "+12025550123"


class TestDestroyingKeys:
    def test_twice_is_as_once(self, engine: Engine) -> None:
        destroy(engine, "Ada", "Bo")
        first = ask(engine, "SELECT max(destroyed_at) FROM personal_keys")
        destroy(engine, "Bo", "Ada")
        assert ask(engine, "SELECT max(destroyed_at) FROM personal_keys") == first

    def test_whoever_never_had_one_gets_none_later(self, engine: Engine) -> None:
        destroy(engine, "Cy")
        said = UserUpdated(user_id=an_id("Cy"), email="a@b.c")
        publish(engine, say(said, "late", at=START))
        keys = ask(engine, "SELECT count(*) FROM personal_keys WHERE key IS NOT NULL")
        assert keys == 2
