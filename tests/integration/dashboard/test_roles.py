"""A walk over every route as nobody, viewer, operator and admin: each may what the table says."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import httpx
import pytest
from sqlalchemy import Engine
from starlette.routing import Route

from dashboard.__main__ import server_config
from dashboard.app import ROUTES, make_app
from dashboard.permissions import OPEN, DeclaredRoute, checked
from dashboard.problems import API
from domain.ops.permissions import GRANTS, Verb
from domain.tables.accounts import Role, Via
from tests.helpers.postgres import PostgresServer
from tests.helpers.roles import acting_as
from tests.helpers.serving import serving
from tests.integration.dashboard.scene import OURS, an_account_for_each_role, token_of

NOBODY: Final = "nobody"
# What a stranger gets, by what they ask for.
REFUSALS: Final = {"GET": 303, "POST": 401}
A_UUID: Final = "018f0000-0000-7000-8000-000000000000"
# The stream never ends: see the test of its own.
STREAM: Final = "/live"
WHO: Final = (NOBODY, *Role)
# What may be answered to whom the route lets in, whatever there is to be found.
LET_IN: Final = frozenset({200, 201, 202, 204, 303, 400, 404, 409, 415, 422})


@pytest.fixture(scope="module")
def engine(postgres_server: PostgresServer) -> Iterator[Engine]:
    """One database for the whole walk, an account for each role."""
    with an_account_for_each_role(postgres_server) as made:
        yield made


@pytest.fixture(scope="module")
def address(engine: Engine) -> Iterator[str]:
    with serving(make_app(acting_as(engine, "dashboard")), server_config) as url:
        yield url


@dataclass(frozen=True)
class Walker:
    """Somebody with the proofs that both doors ask for; nobody has none."""

    client: httpx.Client
    cookie: str = ""
    csrf: str = ""
    bearer: str = ""

    def ask(self, route: DeclaredRoute) -> httpx.Response:
        path = route.path.replace("{id}", A_UUID).replace("{seq}", "1").replace("{name}", "plans")
        # Its own in each request: signing out ends the one and not the walk.
        cookies = {"cookie": f"momento-session={self.cookie}"}
        headers = OURS | ({"authorization": self.bearer} if path.startswith(API) else cookies)
        if route.method == "GET":
            return self.client.get(path, headers=headers)
        if path.startswith(API):
            return self.client.post(path, json={}, headers=headers)
        return self.client.post(path, data={"csrf": self.csrf}, headers=headers)


def a_walker(client: httpx.Client, engine: Engine, who: str) -> Walker:
    if who == NOBODY:
        return Walker(client)
    cookie, csrf = token_of(engine, who, Via.DASHBOARD)
    bearer, _ = token_of(engine, who, Via.API)
    return Walker(client, cookie, csrf, f"Bearer {bearer}")


# Signing out comes last: it ends what the walk is made with.
WALKED: Final = sorted(
    (route for route in ROUTES if route.path != STREAM),
    key=lambda route: route.verb is Verb.SIGN_OUT,
)


class TestWalk:
    @pytest.mark.parametrize("who", WHO)
    def test_each_may_what_the_table_says(self, address: str, engine: Engine, who: str) -> None:
        wrong = {}
        with httpx.Client(base_url=address, timeout=30) as client:
            walker = a_walker(client, engine, who)
            answers = [(route, walker.ask(route)) for route in WALKED]
        for route, answer in answers:
            if route.verb is OPEN:
                fits = answer.status_code < 500
            elif who == NOBODY:
                expected = 401 if route.path.startswith(API) else REFUSALS[route.method]
                fits = answer.status_code == expected
            elif route.verb in GRANTS[Role(who)]:
                fits = answer.status_code in LET_IN
            else:
                fits = answer.status_code == 403
            if not fits:
                wrong[f"{route.method} {route.path}"] = answer.status_code
        assert wrong == {}

    def test_viewers_change_nothing(self) -> None:
        """What a viewer may post is signing out, and nothing else."""
        may = {route.path for route in ROUTES if route.method == "POST" and route.verb}
        theirs = {r.path for r in ROUTES if r.method == "POST" and r.verb in GRANTS[Role.VIEWER]}
        assert theirs == {"/sign-out", f"{API}/sign-out"}
        assert may > theirs

    def test_every_verb_is_needed_somewhere_and_every_role_has_its_own(self) -> None:
        assert {route.verb for route in ROUTES} == {*Verb, OPEN}
        assert set(GRANTS) == set(Role)
        assert GRANTS[Role.VIEWER] < GRANTS[Role.OPERATOR] <= GRANTS[Role.ADMIN]

    def test_a_route_that_says_nothing_cannot_be_mounted(self) -> None:
        with pytest.raises(TypeError, match="who may use"):
            checked([Route("/secret", lambda _: None)])

    def test_the_stream_is_for_who_is_signed_in(self, address: str, engine: Engine) -> None:
        with httpx.Client(base_url=address, timeout=30) as client:
            assert client.get(STREAM).status_code == 303
            token, _ = token_of(engine, "viewer", Via.DASHBOARD)
            client.cookies.set("momento-session", token, domain="127.0.0.1")
            with client.stream("GET", STREAM) as answer:
                assert answer.headers["content-type"].startswith("text/event-stream")
                assert next(answer.iter_lines()) == "retry: 5000"


class TestDoors:
    def test_neither_token_opens_the_others_door(self, address: str, engine: Engine) -> None:
        page, _ = token_of(engine, "admin", Via.DASHBOARD)
        program, _ = token_of(engine, "admin", Via.API)
        with httpx.Client(base_url=address, timeout=30) as client:
            bearer = {"authorization": f"Bearer {page}"}
            assert client.get(f"{API}/dead", headers=bearer).status_code == 401
            client.cookies.set("momento-session", program, domain="127.0.0.1")
            assert client.get("/dead").status_code == 303
            # What a browser sends by itself does nothing to the API.
            client.cookies.set("momento-session", page, domain="127.0.0.1")
            assert client.get(f"{API}/dead").status_code == 401

    def test_a_program_signs_in_and_out(self, address: str) -> None:
        with httpx.Client(base_url=address, timeout=30) as client:
            wrong = client.post(f"{API}/session", json={"name": "viewer", "password": "no"})
            assert wrong.status_code == 401
            body = {"name": "viewer", "password": "a kettle of fish"}
            token = client.post(f"{API}/session", json=body).json()["token"]
            bearer = {"authorization": f"Bearer {token}"}
            assert client.get(f"{API}/dead", headers=bearer).json()["groups"] == []
            assert client.post(f"{API}/sign-out", headers=bearer).status_code == 204
            assert client.get(f"{API}/dead", headers=bearer).status_code == 401

    @pytest.mark.parametrize("host", ["evil.example", "evil.example:8401", "", "127.0.0.1.evil"])
    def test_only_its_own_names_are_answered(self, address: str, host: str) -> None:
        """Whoever points a name of theirs at this machine gets nothing from it."""
        with httpx.Client(base_url=address, timeout=30) as client:
            for path in ("/", "/sign-in", f"{API}/dead", "/static/live.js"):
                assert client.get(path, headers={"host": host}).status_code == 421
            assert client.get("/livez", headers={"host": host}).status_code == 200

    @pytest.mark.parametrize(
        "body", [b"[]", b"{", b'{"seq": {}}', b'{"seq": "x"}', b'{"seq": 99999999999999999999}']
    )
    def test_what_is_no_small_flat_object_is_refused(
        self, address: str, engine: Engine, body: bytes
    ) -> None:
        token, _ = token_of(engine, "operator", Via.API)
        headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
        path = f"{API}/deliveries/retry"
        answer = httpx.post(f"{address}{path}", content=body, headers=headers, timeout=30)
        assert answer.status_code == 400
        assert answer.headers["content-type"] == "application/problem+json"
