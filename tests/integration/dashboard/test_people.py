"""A person's page: masked, revealed to who says why, for ten minutes; and erasing somebody."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import Engine, text
from sqlmodel import Session

from dashboard.__main__ import server_config
from dashboard.app import make_app
from domain.constants import REVEALED_FOR
from domain.ops.acting import WrongRequestError
from domain.ops.erasing import Order, erase
from domain.ops.gathering import find_gathering
from domain.ops.permissions import Actor, ForbiddenError
from domain.ops.person import find_person
from domain.tables.accounts import Role, Via
from tests.helpers.evening import an_evening
from tests.helpers.explain import explain, overhear
from tests.helpers.ledger import ask
from tests.helpers.pages import an_id
from tests.helpers.postgres import PostgresServer
from tests.helpers.roles import acting_as
from tests.helpers.serving import serving
from tests.helpers.telling import settle, tell
from tests.integration.dashboard.scene import OURS, Clock, an_account, token_of

# The evening's first name and number of everybody.
ADA = f"/people/{an_id('Ada')}"
NUMBER = "+4915112345678"
WHY = "she asks why nothing came"


class LiveClock(Clock):
    """Begins now: sessions are opened by the real one."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC)


@pytest.fixture(scope="module")
def engine(postgres_server: PostgresServer) -> Iterator[Engine]:
    with postgres_server.engine(pool_size=6) as made:
        tell(made, an_evening())
        for role in Role:
            an_account(made, role.value, role)
        yield made


@pytest.fixture
def clock() -> LiveClock:
    return LiveClock()


@pytest.fixture
def address(engine: Engine, clock: LiveClock) -> Iterator[str]:
    with serving(make_app(acting_as(engine, "dashboard"), clock=clock), server_config) as url:
        yield url


class Somebody:
    """Somebody at a browser of their own."""

    def __init__(self, client: httpx.Client, csrf: str) -> None:
        self.client, self.csrf = client, csrf

    def see(self, path: str) -> str:
        answer = self.client.get(path)
        assert answer.status_code == 200, answer.text
        return answer.text

    def do(self, path: str, **form: str) -> int:
        return self.client.post(path, data={"csrf": self.csrf, **form}, headers=OURS).status_code


As = Callable[[str], Somebody]


@pytest.fixture
def as_(engine: Engine, address: str) -> Iterator[As]:
    clients = list[httpx.Client]()

    def open_(role: str) -> Somebody:
        token, csrf = token_of(engine, role, Via.DASHBOARD)
        client = httpx.Client(base_url=address, timeout=30)
        client.cookies.set("momento-session", token, domain="127.0.0.1")
        clients.append(client)
        return Somebody(client, csrf)

    yield open_
    for client in clients:
        client.close()


class TestMasked:
    @pytest.mark.parametrize("role", Role)
    def test_nobody_sees_what_is_personal_by_looking(self, as_: As, role: Role) -> None:
        """G15."""
        for place in (ADA, f"/gatherings/{an_id('drinks')}", "/notifications"):
            shown = as_(role.value).see(place)
            assert NUMBER not in shown
            assert ">Ada<" not in shown
        assert "Drinks" in shown or "Drinks" in as_(role.value).see(ADA)

    def test_why_a_guest_did_not_hear_of_it(self, as_: As) -> None:
        place = f"/gatherings/{an_id('drinks')}?person={an_id('Ada')}"
        shown = as_("viewer").see(place)
        assert "not sent" in as_("viewer").see(ADA)
        assert "too_late: It made sense until" in shown
        assert an_id("Bo") not in shown
        assert "This person was never invited" in as_("viewer").see(
            f"/gatherings/{an_id('drinks')}?person={an_id('Nobody')}"
        )

    def test_who_is_not_there_is_not_found(self, as_: As) -> None:
        viewer = as_("viewer")
        for place in (f"/people/{uuid4()}", f"/gatherings/{uuid4()}", "/people/x"):
            assert viewer.client.get(place).status_code == 404


class TestReveal:
    def test_shows_it_to_that_session_for_ten_minutes_and_keeps_why(
        self, as_: As, engine: Engine, clock: LiveClock
    ) -> None:
        operator, colleague = as_("operator"), as_("operator")
        assert operator.do(f"{ADA}/reveal", why=" ") == 422
        assert NUMBER not in operator.see(ADA)
        assert operator.do(f"{ADA}/reveal", why=WHY) == 303
        shown = operator.see(ADA)
        assert NUMBER in shown
        assert ">Ada<" in shown
        assert NUMBER not in colleague.see(ADA)
        assert NUMBER not in operator.see(f"/people/{an_id('Bo')}")
        assert WHY in colleague.see(ADA)
        kept = "SELECT array_agg(why) FROM audit_log WHERE action = 'reveal' AND thing = :thing"
        assert ask(engine, kept, thing=f"person:{an_id('Ada')}") == [WHY]
        clock.now += REVEALED_FOR
        assert NUMBER not in operator.see(ADA)

    def test_can_be_ended_sooner(self, as_: As) -> None:
        operator = as_("operator")
        operator.do(f"{ADA}/reveal", why=WHY)
        assert operator.do(f"{ADA}/hide") == 303
        assert NUMBER not in operator.see(ADA)

    def test_a_role_that_is_taken_away_takes_it_along(self, as_: As, engine: Engine) -> None:
        """At once, and it doesn't come back with the role."""
        an_account(engine, "once", Role.OPERATOR)
        once, admin = as_("once"), as_("admin")
        once.do(f"{ADA}/reveal", why=WHY)
        assert NUMBER in once.see(ADA)
        assert admin.do("/accounts/once/role", role="viewer") == 303
        assert NUMBER not in once.see(ADA)
        assert admin.do("/accounts/once/role", role="operator") == 303
        assert NUMBER not in once.see(ADA)

    def test_a_viewer_may_not(self, as_: As, engine: Engine) -> None:
        viewer = as_("viewer")
        before = ask(engine, "SELECT count(*) FROM audit_log")
        assert viewer.do(f"{ADA}/reveal", why=WHY) == 403
        assert "Reveal" not in viewer.see(ADA)
        assert ask(engine, "SELECT count(*) FROM audit_log") == before

    def test_the_database_tells_nobody_else(self, engine: Engine) -> None:
        """Whoever has taken over the dashboard gets nothing without a row that says so."""
        statement = "SELECT momento_personal('x'::bytea, :id, now())"
        with acting_as(engine, "dashboard").connect() as connection:
            told = connection.execute(text(statement), {"id": an_id("Ada")}).scalar_one_or_none()
        assert told is None


class TestFind:
    @pytest.fixture(autouse=True)
    def known(self, engine: Engine) -> None:
        """Bo has a number, and Dan an address, that nobody else has."""
        with engine.begin() as connection:
            set_ = "UPDATE users SET phone_number = :number, email = :email WHERE id = :id"
            for who, number, email in (("Bo", "+12025550123", None), ("Dan", None, "Dan@a.org")):
                asked = {"id": an_id(who), "number": number, "email": email}
                connection.execute(text(set_), asked)

    @pytest.mark.parametrize(
        ("typed", "who"),
        [
            ("+1 (202) 555-0123", "Bo"),
            ("001 202 555 0123", "Bo"),
            (" dan@A.org ", "Dan"),
        ],
    )
    def test_leads_to_whose_it_is_and_keeps_that_somebody_asked(
        self, as_: As, engine: Engine, typed: str, who: str
    ) -> None:
        operator = as_("operator")
        form = {"csrf": operator.csrf, "address": typed}
        answer = operator.client.post("/people", data=form, headers=OURS)
        assert (answer.status_code, answer.headers["location"]) == (303, f"/people/{an_id(who)}")
        assert typed.strip() not in operator.see(f"/people/{an_id(who)}")
        last = "SELECT to_jsonb(audit_log)::text FROM audit_log ORDER BY id DESC LIMIT 1"
        kept = ask(engine, last)
        assert f'"thing": "person:{an_id(who)}"' in kept
        assert "2025550123" not in kept
        assert "a.org" not in kept.lower()

    @pytest.mark.parametrize(
        ("typed", "status", "said"),
        [
            ("+12025550124", 200, "Nobody has it just now"),
            ("dan@a", 422, "neither a number"),
            ("%", 422, "neither a number"),
            ("", 422, "neither a number"),
            (NUMBER, 200, "people have it"),
        ],
    )
    def test_nobodys_several_peoples_and_what_is_neither(
        self, as_: As, typed: str, status: int, said: str
    ) -> None:
        operator = as_("operator")
        form = {"csrf": operator.csrf, "address": typed}
        answer = operator.client.post("/people", data=form, headers=OURS)
        assert (answer.status_code, said in answer.text) == (status, True)

    def test_a_viewer_may_not_and_the_database_tells_them_nothing(
        self, as_: As, engine: Engine
    ) -> None:
        assert as_("viewer").do("/people", address="+12025550123") == 403
        ask_ = "SELECT count(*) FROM dashboard_sessions, momento_people_by(token_hash, :number)"
        whose = " WHERE user_id IN (SELECT id FROM dashboard_users WHERE role {} 'viewer')"
        as_("operator")
        with acting_as(engine, "dashboard").connect() as connection:
            asked = {"number": "+12025550123"}
            assert connection.execute(text(ask_ + whose.format("=")), asked).scalar_one() == 0
            assert connection.execute(text(ask_ + whose.format("<>")), asked).scalar_one() > 0


class TestErase:
    def test_it_is_previewed_confirmed_published_and_done(self, as_: As, engine: Engine) -> None:
        place, typed = f"/people/{an_id('Eve')}", an_id("Eve")[:8]
        admin = as_("admin")
        assert f"Type {typed}" in admin.see(f"{place}/erase")
        assert admin.do(f"{place}/erase", why="she asked", confirm="12345678") == 409
        assert ask(engine, "SELECT count(*) FROM outbox") == 0
        assert admin.do(f"{place}/erase", why="she asked", confirm=typed) == 303
        assert ask(engine, "SELECT count(*) FROM outbox") == 1
        settle(engine)
        shown = admin.see(place)
        assert "forgotten" in shown
        assert "she asked" in shown
        receipt = re.search(r'href="(/search\?q=[^"]+)">the domain event', shown)
        assert receipt is not None
        assert admin.client.get(receipt[1]).headers["location"].startswith("/domain-events/")
        profiles = "SELECT count(*) FROM social_profiles WHERE user_id = :id"
        assert ask(engine, profiles, id=an_id("Eve")) == 0
        assert admin.client.get(f"{place}/erase").status_code == 404

    def test_operators_may_not(self, as_: As) -> None:
        operator = as_("operator")
        assert operator.client.get(f"{ADA}/erase").status_code == 403
        assert operator.do(f"{ADA}/erase", why="x", confirm=an_id("Ada")[:8]) == 403
        assert "Erase" not in operator.see(ADA)

    def test_the_service_asks_itself(self, engine: Engine) -> None:
        order = Order(UUID(an_id("Ada")), uuid4(), why="x", confirm=an_id("Ada")[:8])
        now = datetime.now(UTC)
        with Session(engine) as session:
            with pytest.raises(ForbiddenError):
                erase(session, Actor("op", Role.OPERATOR, Via.API), order, now=now)
            for wrong in (replace(order, why=""), replace(order, person_id=uuid4())):
                with pytest.raises(WrongRequestError):
                    erase(session, Actor("admin", Role.ADMIN, Via.API), wrong, now=now)


class TestCost:
    @pytest.mark.parametrize("generic", [False, True])
    def test_an_index_serves_every_part(self, engine: Engine, *, generic: bool) -> None:
        """In so small a database Postgres would read tables whole, unless it is told not to."""
        with Session(acting_as(engine, "dashboard")) as session:
            session.connection().execute(text("SET LOCAL enable_seqscan = off"))
            heard = overhear(session)
            assert find_person(session, an_id("Ada")) is not None
            assert find_gathering(session, UUID(an_id("drinks"))) is not None
            for asked in list(heard):
                plan = explain(session, asked, generic=generic)
                assert plan.read_whole == set(), plan
            assert len(heard) > 10


def test_pages_of_guests_hold_each_once(engine: Engine) -> None:
    with Session(engine) as session:
        whole = find_gathering(session, UUID(an_id("drinks")))
        assert whole is not None
        half = UUID(whole.guests[1].user_id)
        rest = find_gathering(session, UUID(an_id("drinks")), after=half)
        assert rest is not None
        assert [guest.user_id for guest in rest.guests] == [
            guest.user_id for guest in whole.guests[2:]
        ]
        assert sum(whole.counts.values()) == len(whole.guests) == 5
