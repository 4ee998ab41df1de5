"""Keys and accounts: made once, shown once, written down, and admins' business alone."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import Engine
from sqlmodel import Session

from dashboard.__main__ import server_config
from dashboard.app import make_app
from dashboard.problems import API
from domain.ops.acting import WrongRequestError
from domain.ops.permissions import Actor, ForbiddenError
from domain.ops.stepping import step_operations
from domain.tables.accounts import Role, Via
from tests.browser.scene import kill
from tests.helpers.ledger import ask
from tests.helpers.postgres import PostgresServer
from tests.helpers.roles import acting_as
from tests.helpers.serving import serving
from tests.integration.dashboard.scene import (
    OURS,
    PASSWORD,
    an_account,
    an_account_for_each_role,
    token_of,
)
from workers.account_service import change_role, disable
from workers.accounts import verify
from workers.key_service import KeyOrder, order_key, revoke, rotate
from workers.keys import authenticate

SECRET: Final = re.compile(r'<code class="secret">([^<]+)</code>')
NOW: Final = datetime.now(UTC)
ADMIN: Final = Actor("admin", Role.ADMIN, Via.API)


@pytest.fixture(scope="module")
def engine(postgres_server: PostgresServer) -> Iterator[Engine]:
    with an_account_for_each_role(postgres_server) as made:
        yield made


@pytest.fixture(scope="module")
def address(engine: Engine) -> Iterator[str]:
    with serving(make_app(acting_as(engine, "dashboard")), server_config) as url:
        yield url


@pytest.fixture
def do(address: str, engine: Engine) -> Iterator[Callable[..., httpx.Response]]:
    """Send an admin's form."""
    token, csrf = token_of(engine, "admin", Via.DASHBOARD)
    with httpx.Client(base_url=address, timeout=30) as client:
        client.cookies.set("momento-session", token, domain="127.0.0.1")
        yield (
            lambda path, **form: (
                client.post(path, data={"csrf": csrf, **form}, headers=OURS)
                if form or path.count("/") > 1
                else client.get(path)
            )
        )


@pytest.fixture
def api(address: str, engine: Engine) -> Iterator[httpx.Client]:
    token, _ = token_of(engine, "admin", Via.API)
    headers = {"authorization": f"Bearer {token}"}
    with httpx.Client(base_url=f"{address}{API}", timeout=30, headers=headers) as client:
        yield client


def works(engine: Engine, secret: str) -> bool:
    with Session(engine) as session:
        return authenticate(session, secret) is not None


def deeds(engine: Engine, thing: str) -> list[str]:
    found: list[str] = ask(
        engine, "SELECT array_agg(action ORDER BY id) FROM audit_log WHERE thing = :thing",
        thing=thing,
    )  # fmt: skip
    return found


class TestKeys:
    def test_one_is_made_once_and_shown_once(
        self, do: Callable[..., httpx.Response], engine: Engine
    ) -> None:
        order = {"id": str(uuid4()), "name": "api <b>", "types": "kudos.given, payment.*"}
        answer = do("/keys", **order, rate="50")
        found = SECRET.search(answer.text)
        assert found is not None
        assert works(engine, found[1])
        again = do("/keys", **order)
        assert (again.status_code, "made already" in again.text) == (409, True)
        shown = do("/keys").text
        assert found[1] not in shown
        assert "api &lt;b&gt;" in shown
        assert "50 a second, 100 at once" in shown
        assert deeds(engine, f"key:{order['id']}") == ["key.create"]
        everything = ask(engine, "SELECT string_agg(kept::text, ' ') FROM audit_log AS kept")
        assert found[1] not in everything

    def test_rotated_and_revoked(self, do: Callable[..., httpx.Response], engine: Engine) -> None:
        identity = str(uuid4())
        first = SECRET.search(do("/keys", id=identity, name="rotated", types="*").text)
        rotated = do(f"/keys/{identity}/rotate", overlap="24")
        second = SECRET.search(rotated.text)
        assert first is not None
        assert second is not None
        assert works(engine, first[1])
        assert works(engine, second[1])
        assert do(f"/keys/{identity}/rotate", overlap="1").status_code == 409
        assert do(f"/keys/{identity}/revoke", why=" ").status_code == 422
        assert do(f"/keys/{identity}/revoke", why="it leaked").status_code == 303
        assert not works(engine, first[1])
        assert deeds(engine, f"key:{identity}") == ["key.create", "key.rotate", "key.revoke"]
        followed = "SELECT count(*) FROM audit_log WHERE details ->> 'follows' = :old"
        assert ask(engine, followed, old=f"key:{identity}") == 1
        assert "unchanged" in do(f"/keys/{identity}/revoke", why="x").headers["location"]

    @pytest.mark.parametrize(
        ("fault", "said"),
        [
            ({"types": "kudos.give"}, "did you mean kudos.given?"),
            ({"types": ""}, "Say which types"),
            ({"name": " "}, "has a name"),
            ({"burst": "5"}, "give both"),
            ({"rate": "0"}, "A rate lies"),
        ],
    )
    def test_what_no_key_can_be_is_named(
        self, do: Callable[..., httpx.Response], engine: Engine, fault: dict[str, str], said: str
    ) -> None:
        before = ask(engine, "SELECT count(*) FROM api_keys")
        order = {"id": str(uuid4()), "name": "x", "types": "*"} | fault
        answer = do("/keys", **order)
        assert (answer.status_code, said in answer.text) == (409, True)
        assert ask(engine, "SELECT count(*) FROM api_keys") == before

    def test_the_api_does_the_same(self, api: httpx.Client, engine: Engine) -> None:
        made = api.post("/keys", json={"name": "robot", "types": "kudos.given", "rate": 5}).json()
        assert works(engine, made["secret"])
        rotated = api.post(f"/keys/{made['id']}/rotate", json={"overlap_h": 0}).json()
        assert not works(engine, made["secret"])
        assert works(engine, rotated["secret"])
        path = f"/keys/{rotated['id']}/revoke"
        assert api.post(path, json={"why": "over"}).status_code == 200
        assert api.post(path, json={"why": "over"}).status_code == 409
        assert "secret" not in api.get("/keys").text
        assert "hash" not in api.get("/keys").text


class TestBulk:
    def test_a_form_sent_twice_begins_one_and_leads_to_it(
        self, do: Callable[..., httpx.Response], engine: Engine
    ) -> None:
        kill(engine, "form.twice", "E", count=3, ago=timedelta(hours=1))
        form = {"kind": "discard", "handler": "form.twice", "why": "x", "expected": "3"}
        assert do("/bulk", **form).status_code == 400
        places = list[str]()
        once = str(uuid4())
        for identity in (once, once, str(uuid4())):
            answer = do("/bulk", id=identity, **form)
            assert answer.status_code == 303
            places.append(answer.headers["location"])
        assert places == [
            f"/bulk/{once}?said={said}" for said in ("bulk_started", "bulk_once", "bulk_there")
        ]
        early = do(f"/bulk/{once}/undo", id=str(uuid4()))
        assert (early.status_code, "It still goes on" in early.text) == (409, True)
        assert do(f"/bulk/{once}/cancel").status_code == 303
        assert ask(engine, "SELECT count(*) FROM bulk_operations") == 1

    def test_an_undoing_that_was_cancelled_may_be_begun_anew(
        self, do: Callable[..., httpx.Response], engine: Engine
    ) -> None:
        kill(engine, "form.undone", "E", count=3, ago=timedelta(hours=1))
        discard = str(uuid4())
        form = {"kind": "discard", "handler": "form.undone", "why": "x", "expected": "3"}
        assert do("/bulk", id=discard, **form).status_code == 303
        is_over = False
        while not is_over:
            with Session(engine) as session, session.begin():
                is_over = step_operations(session, datetime.now(UTC)) == 0
        for _ in range(2):
            # Twice what the page that is shown sends; then it is cancelled.
            found = re.search(r'name="id" value="([^"]+)"', do(f"bulk/{discard}").text)
            assert found is not None
            for _ in range(2):
                assert do(f"/bulk/{discard}/undo", id=found[1]).status_code == 303
            assert do(f"/bulk/{found[1]}/cancel").status_code == 303
        assert ask(engine, "SELECT count(*) FROM bulk_operations WHERE kind = 'restore'") == 2


class TestAccounts:
    def test_one_is_made_changed_disabled_and_enabled(
        self, do: Callable[..., httpx.Response], engine: Engine
    ) -> None:
        found = SECRET.search(do("/accounts", name="Grace", role="viewer").text)
        assert found is not None
        with Session(engine) as session:
            account = verify(session, "grace", found[1])
        assert account is not None
        assert do("/accounts", name="grace").status_code == 409
        token_of(engine, "grace", Via.API)
        assert do("/accounts/grace/role", role="operator").status_code == 303
        assert do("/accounts/grace/disable", why="on leave").status_code == 303
        with Session(engine) as session:
            assert verify(session, "grace", found[1]) is None
        before = "SELECT details ->> 'before' FROM audit_log WHERE action = 'account.role'"
        assert ask(engine, before) == "viewer"
        held = "SELECT count(*) FROM dashboard_sessions WHERE user_id = :id"
        assert ask(engine, held, id=account.id) == 0
        assert do("/accounts/grace/enable").status_code == 303
        with Session(engine) as session:
            kept = verify(session, "grace", found[1])
        assert kept is not None
        assert kept.role is Role.OPERATOR
        assert deeds(engine, "account:grace") == [
            "account.create", "account.role", "account.disable", "account.enable",
        ]  # fmt: skip

    def test_an_open_session_ends_with_its_account(
        self, address: str, api: httpx.Client, engine: Engine
    ) -> None:
        an_account(engine, "bob", Role.VIEWER)
        token, _ = token_of(engine, "bob", Via.API)
        headers = {"authorization": f"Bearer {token}"}
        assert httpx.get(f"{address}{API}/dead", headers=headers, timeout=30).status_code == 200
        assert api.post("/accounts/bob", json={"do": "sign_out"}).status_code == 200
        assert httpx.get(f"{address}{API}/dead", headers=headers, timeout=30).status_code == 401
        assert api.post("/accounts/bob", json={"do": "x"}).status_code == 422
        order = {"do": "disable", "why": "gone"}
        assert api.post("/accounts/bob", json=order).status_code == 200
        body = {"name": "bob", "password": PASSWORD}
        assert httpx.post(f"{address}{API}/session", json=body, timeout=30).status_code == 401
        (bob,) = [each for each in api.get("/accounts").json()["accounts"] if each["name"] == "bob"]
        assert (bob["disabled_at"] is None, bob["sessions"]) == (False, 0)

    def test_nobody_locks_themselves_out(
        self, do: Callable[..., httpx.Response], engine: Engine
    ) -> None:
        assert do("/accounts/admin/role", role="viewer").status_code == 422
        assert do("/accounts/admin/disable", why="x").status_code == 422
        role = "SELECT role FROM dashboard_users WHERE name = 'admin' AND disabled_at IS NULL"
        assert ask(engine, role) == "admin"


@pytest.mark.parametrize("role", [Role.VIEWER, Role.OPERATOR])
def test_the_services_ask_themselves(engine: Engine, role: Role) -> None:
    somebody = Actor("somebody", role, Via.API)
    with Session(engine) as session:
        for work in (
            lambda: order_key(session, somebody, KeyOrder(uuid4(), "x"), now=NOW),
            lambda: rotate(session, somebody, "x", overlap=timedelta(), now=NOW),
            lambda: revoke(session, somebody, uuid4(), why="x", now=NOW),
            lambda: change_role(session, somebody, "admin", role=Role.VIEWER, now=NOW),
            lambda: disable(session, somebody, "admin", why="x", now=NOW),
        ):
            with pytest.raises(ForbiddenError):
                work()
        with pytest.raises(WrongRequestError):
            rotate(session, ADMIN, "x", overlap=timedelta(days=91), now=NOW)
