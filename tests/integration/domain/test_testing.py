"""What services that publish write their own tests with."""

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import Engine
from sqlmodel import Session

from domain.kudos.payloads import KudosGiven
from domain.outbox import publish
from domain.tables.kudos import Kudo
from domain.testing import apply_now, assert_published
from domain.users.payloads import UserRegistered
from tests.helpers.evening import an_evening
from tests.helpers.pages import END, an_id
from tests.helpers.said import rows
from tests.helpers.telling import tell

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


def thanks(kudo: Kudo = Kudo.HELPFUL) -> KudosGiven:
    said = {"kudos_id": an_id(f"thanks {kudo}"), "event_id": an_id("drinks"), "kudo": kudo}
    return KudosGiven.model_validate({**said, "giver_id": an_id("Ada"), "receiver_id": an_id("Bo")})


def give(session: Session, payload: KudosGiven) -> None:
    """What a service does, that its team wants to test."""
    publish(session, payload, source="/services/api", time=END, id=payload.kudos_id)


class TestPublished:
    def test_what_was_said_in_this_very_transaction(self, engine: Engine) -> None:
        with Session(engine) as session:
            give(session, thanks())
            assert assert_published(session, KudosGiven, receiver_id=an_id("Bo")) == [thanks()]

    def test_says_what_was_published_instead(self, engine: Engine) -> None:
        with Session(engine) as session:
            give(session, thanks())
            with pytest.raises(AssertionError, match="was published 0 times, not 1") as raised:
                assert_published(session, KudosGiven, receiver_id=an_id("Dan"))
        assert an_id("Bo") in str(raised.value)

    def test_so_often_or_never(self, engine: Engine) -> None:
        with Session(engine) as session:
            assert_published(session, KudosGiven, count=0)
            give(session, thanks())
            give(session, thanks(Kudo.INSPIRING))
            assert_published(session, KudosGiven, count=2)
            assert_published(session, KudosGiven, kudo=Kudo.INSPIRING)

    def test_a_field_that_there_isnt(self, engine: Engine) -> None:
        with Session(engine) as session, pytest.raises(TypeError, match="it has kudos_id, event_"):
            assert_published(session, KudosGiven, reciever_id=an_id("Bo"))

    def test_personal_values_are_readable(self, engine: Engine) -> None:
        eve = UserRegistered(
            user_id=an_id("Eve"),
            clerk_id="eve",
            birth_date=date(1990, 5, 1),
            email="eve@example.org",
        )
        with Session(engine) as session:
            publish(session, eve, source="/services/api", time=END, id="eve")
            assert_published(session, UserRegistered, email="eve@example.org")


class TestApplying:
    def test_all_that_is_due_and_what_follows(self, engine: Engine) -> None:
        tell(engine, an_evening())
        with Session(engine) as session, session.begin():
            give(session, thanks())
        outcomes = apply_now(engine, now=NOW)
        assert outcomes["done"] >= 1
        assert rows(
            engine, "SELECT counts FROM attendee_kudos WHERE id = :id", id=thanks().kudos_id
        )
        assert apply_now(engine, now=NOW) == {}

    def test_what_waits_is_counted(self, engine: Engine) -> None:
        with Session(engine) as session, session.begin():
            give(session, thanks())
        assert set(apply_now(engine, now=NOW)) == {"deferred"}
