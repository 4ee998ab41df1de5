"""Routing: what lies in the outbox becomes a delivery for each handler, whoever routes."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, text
from sqlmodel import Session

from domain.catalogue import HANDLERS, Handler
from domain.envelope import Envelope
from domain.lanes import PLANS, SEATS
from domain.outbox import publish_many
from domain.payload import Id, Payload
from domain.payments.payloads import PaymentSucceeded
from domain.routing import Routes, due_handlers, route
from tests.helpers.ledger import REGISTERED, a_registration, ask, publish, route_all, say
from tests.helpers.pages import an_id

NOW = datetime(2026, 6, 1, tzinfo=UTC)


class TeaServed(Payload, name="tea.served"):
    """Of a version of ours that is yet to come."""

    tea_id: Id


def a_payment() -> Envelope:
    payload = PaymentSucceeded(
        payment_id=an_id("payment"),
        user_id=an_id("Ada"),
        event_id=an_id("drinks"),
        invitation_id=an_id("invitation"),
        amount_in_cents=500,
        currency="usd",
        stripe_payment_intent_id="pi_1",
        stripe_charge_id="ch_1",
    )
    return say(payload, "payment")


def something_newer(name: str) -> Envelope:
    return say(TeaServed(tea_id=an_id(name)), name)


def routed(engine: Engine) -> list[tuple[str, str]]:
    """Every delivery, as (id, handler)."""
    statement = "SELECT id, handler FROM deliveries JOIN domain_events USING (seq) ORDER BY 1, 2"
    with engine.connect() as connection:
        return [(name, handler) for name, handler in connection.execute(text(statement))]


class TestRoute:
    def test_makes_a_delivery_for_each_handler_and_tells_their_lanes(self, engine: Engine) -> None:
        publish(engine, a_registration("Ada"), a_payment())
        assert route_all(engine) == {PLANS, SEATS}
        assert routed(engine) == [
            ("Ada", "users.apply_user_registered"),
            ("payment", "invitations.apply_payment_succeeded"),
            ("payment", "payments.apply_payment_succeeded"),
        ]
        assert ask(engine, "SELECT count(*) FROM outbox") == 0

    def test_takes_no_more_than_it_was_allowed_the_first_first(self, engine: Engine) -> None:
        publish(engine, *(a_registration(name) for name in ("Ada", "Bo", "Cleo")))
        with Session(engine) as session, session.begin():
            assert route(session, limit=2, now=NOW)[:2] == (2, {PLANS})
        assert [name for name, _ in routed(engine)] == ["Ada", "Bo"]

    def test_leaves_everything_as_it_was_when_it_is_rolled_back(self, engine: Engine) -> None:
        """G2."""
        publish(engine, a_registration("Ada"))
        with Session(engine) as session:
            assert route(session, limit=10, now=NOW)[:2] == (1, {PLANS})
            session.rollback()
        assert routed(engine) == []
        assert route_all(engine) == {PLANS}

    def test_leaves_a_type_that_it_does_not_know_for_a_version_that_does(
        self, engine: Engine
    ) -> None:
        """G17: and what is newer holds back nothing that is known."""
        publish(engine, *(something_newer(f"tea {number}") for number in range(5)))
        publish(engine, a_registration("Ada"))
        with Session(engine) as session, session.begin():
            assert route(session, limit=2, now=NOW)[:2] == (1, {PLANS})
        assert routed(engine) == [("Ada", REGISTERED.name)]
        assert ask(engine, "SELECT count(*) FROM outbox") == 5
        newer = Routes.of([TeaServed.TYPE], [replace(REGISTERED, payload=TeaServed)])
        with Session(engine) as session, session.begin():
            assert route(session, limit=10, now=NOW, routes=newer)[:2] == (5, {PLANS})
        assert ask(engine, "SELECT count(*) FROM outbox") == 0

    def test_routes_what_was_numbered_first_and_committed_last(self, engine: Engine) -> None:
        """G2: a cursor over numbers would pass it by."""
        with Session(engine) as slow:
            assert publish_many(slow, [a_registration("Ada")]) == 1
            publish(engine, a_registration("Bo"))
            route_all(engine)
            slow.commit()
        route_all(engine)
        assert [name for name, _ in routed(engine)] == ["Ada", "Bo"]


class TestSeveralRelays:
    def test_pass_by_what_another_holds_without_waiting(self, engine: Engine) -> None:
        publish(engine, *(a_registration(name) for name in ("Ada", "Bo", "Cleo")))
        with Session(engine) as first, Session(engine) as second:
            assert route(first, limit=2, now=NOW)[0] == 2
            assert route(second, limit=10, now=NOW)[0] == 1
            second.commit()
            first.rollback()
        assert [name for name, _ in routed(engine)] == ["Cleo"]
        route_all(engine)
        assert [name for name, _ in routed(engine)] == ["Ada", "Bo", "Cleo"]

    def test_route_each_domain_event_once_while_it_is_published(self, engine: Engine) -> None:
        """G2, G3."""
        pages = [a_registration(f"person {number:03}") for number in range(400)]

        def publish_some(start: int) -> None:
            for place in range(start, start + 200, 5):
                publish(engine, *pages[place : place + 5])

        def relay(limit: int) -> int:
            count = idle = 0
            while idle < 200:
                with Session(engine) as session, session.begin():
                    found = route(session, limit=limit, now=NOW).number
                count += found
                idle = 0 if found or count_published() < len(pages) else idle + 1
                if idle and not ask(engine, "SELECT count(*) FROM outbox"):
                    return count
            return count

        def count_published() -> int:
            number: int = ask(engine, "SELECT count(*) FROM domain_events")
            return number

        with ThreadPoolExecutor(5) as pool:
            publishers = [pool.submit(publish_some, start) for start in (0, 200)]
            relays = [pool.submit(relay, limit) for limit in (3, 7, 50)]
            for publisher in publishers:
                publisher.result(30)
            assert sum(each.result(30) for each in relays) == len(pages)
        assert routed(engine) == [(page.id, REGISTERED.name) for page in pages]


class TestDueHandlers:
    @pytest.fixture
    def both(self) -> list[Handler]:
        return [REGISTERED, HANDLERS["kudos.apply_kudos_given"]]

    def test_names_those_that_have_something_due(self, engine: Engine, both: list[Handler]) -> None:
        publish(engine, a_registration("Ada"))
        route_all(engine, NOW)
        with Session(engine) as session, session.begin():
            assert due_handlers(session, both, now=NOW) == [REGISTERED]
            assert due_handlers(session, both, now=NOW - timedelta(seconds=1)) == []
            assert due_handlers(session, both[1:], now=NOW) == []
