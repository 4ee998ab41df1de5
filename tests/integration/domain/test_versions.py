"""A second version of a domain event stands beside the first, and both have the same effect."""

from datetime import datetime
from uuid import UUID

import pytest
from sqlalchemy import Engine, text
from sqlmodel import Session

from docs.generator.compatibility import find_breaches
from domain.batch import Batch, Effects
from domain.catalogue import HANDLERS, TYPES, Handler
from domain.dispatch import Desk, apply_due
from domain.kudos.handlers import apply_kudos_given
from domain.kudos.payloads import KudosGiven
from domain.lanes import AFTERWARDS
from domain.outbox import publish
from domain.payload import EventId, Id, Payload, UserId, name_of
from domain.routing import Routes, route
from domain.schemas import json_schema
from domain.tables.kudos import Kudo
from domain.things import Hold
from tests.helpers.evening import an_evening
from tests.helpers.pages import END, an_id
from tests.helpers.telling import tell
from workers.chores.chore import transaction
from workers.keys import Key


class KudosGivenV2(Payload, name="kudos.given", version=2):
    """Somebody thanked somebody; from and to say it as the app does, and why is a must."""

    kudos_id: Id
    event_id: EventId
    from_id: UserId
    to_id: UserId
    why: Kudo


def apply_kudos_given_v2(session: Session, batch: Batch[KudosGivenV2], now: datetime) -> Effects:
    """Say it in the words of the first version, whose handler decides."""
    return apply_kudos_given(session, batch.reworded(_as_the_first), now)


def _as_the_first(said: KudosGivenV2) -> KudosGiven:
    return KudosGiven(
        kudos_id=said.kudos_id,
        event_id=said.event_id,
        giver_id=said.from_id,
        receiver_id=said.to_id,
        kudo=said.why,
    )


SECOND = Handler(apply_kudos_given_v2, AFTERWARDS, {"event": Hold.SHARE}, KudosGivenV2)
FIRST = HANDLERS["kudos.apply_kudos_given"]


class TestNames:
    def test_both_have_their_own(self) -> None:
        assert (KudosGiven.NAME, KudosGivenV2.NAME) == ("kudos.given", "kudos.given.v2")
        assert KudosGivenV2.TYPE == "app.momento.kudos.given.v2"
        assert name_of(KudosGivenV2.TYPE) == KudosGivenV2.NAME
        assert KudosGivenV2.TYPE not in TYPES
        assert json_schema(KudosGivenV2)["$id"].endswith("/app.momento.kudos.given.v2")

    def test_a_key_for_one_is_a_key_for_all(self) -> None:
        key = Key(an_uuid(), "api", ("kudos.given",))
        assert key.allows(KudosGiven.TYPE)
        assert key.allows(KudosGivenV2.TYPE)

    def test_changing_the_first_is_a_breach_and_a_second_beside_it_is_none(self) -> None:
        first, second = json_schema(KudosGiven), json_schema(KudosGivenV2)
        assert find_breaches({"kudos.given": first}, {"kudos.given": second})
        both = {"kudos.given": first, "kudos.given.v2": second}
        assert not find_breaches({"kudos.given": first}, both)


def an_uuid() -> UUID:
    return UUID(an_id("key"))


class TestEffects:
    @pytest.mark.parametrize("handler", [FIRST, SECOND], ids=lambda each: each.payload.NAME)
    def test_both_have_the_same(self, engine: Engine, handler: Handler) -> None:
        tell(engine, an_evening())
        first = KudosGiven(
            kudos_id=an_id("thanks"),
            event_id=an_id("drinks"),
            giver_id=an_id("Ada"),
            receiver_id=an_id("Bo"),
            kudo=Kudo.HELPFUL,
        )
        second = KudosGivenV2(
            kudos_id=first.kudos_id,
            event_id=first.event_id,
            from_id=first.giver_id,
            to_id=first.receiver_id,
            why=first.kudo,
        )
        said = second if handler is SECOND else first
        with transaction(engine) as session:
            publish(session, said, source="/services/api", time=END, id="said")
            routes = Routes.of([said.TYPE], [handler])
            assert route(session, limit=9, now=END, routes=routes)[:2] == (1, {AFTERWARDS})
        desk = Desk(lambda: transaction(engine), lambda _name, _seqs: None)
        assert apply_due(desk, handler, limit=9, now=END).outcomes == {"done": 1}
        with engine.connect() as connection:
            kept = connection.execute(
                text("SELECT giver_id, receiver_id, kudo FROM attendee_kudos WHERE id = :id"),
                {"id": an_id("thanks")},
            ).one()
        assert tuple(map(str, kept)) == (an_id("Ada"), an_id("Bo"), "helpful")
