"""The API does what the pages do, by the same services, and writes down who did it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import Engine
from sqlmodel import Session

from dashboard.__main__ import server_config
from dashboard.app import make_app
from dashboard.problems import API
from domain.ops.stepping import step_operations
from domain.tables.accounts import Role
from tests.browser.scene import kill
from tests.helpers.evening import Diary, an_id, tell
from tests.helpers.postgres import PostgresServer
from tests.helpers.roles import acting_as
from tests.helpers.serving import serving
from tests.integration.dashboard.scene import PASSWORD, an_account
from workers.database import make_engine

HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def engine(postgres_server: PostgresServer) -> Iterator[Engine]:
    url = postgres_server.create()
    made = make_engine(url, process="test", pool_size=4)
    diary = Diary()
    diary.people("Ada")
    tell(made, diary.pages)
    an_account(made, "robot", Role.OPERATOR)
    yield made
    made.dispose()
    postgres_server.drop(url)


@pytest.fixture(scope="module")
def client(engine: Engine) -> Iterator[httpx.Client]:
    """A program that has signed in."""
    with (
        serving(make_app(acting_as(engine, "dashboard")), server_config) as url,
        httpx.Client(base_url=f"{url}{API}", timeout=30) as client,
    ):
        said = client.post("/session", json={"name": "robot", "password": PASSWORD})
        client.headers["authorization"] = f"Bearer {said.json()['token']}"
        yield client


def step(engine: Engine) -> int:
    with Session(engine) as session, session.begin():
        return step_operations(session, datetime.now(UTC))


def ask(client: httpx.Client, path: str, **query: str) -> Any:
    answer = client.get(path, params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


class TestReading:
    def test_deliveries_page_by_page(self, client: httpx.Client, engine: Engine) -> None:
        kill(engine, "api.pages", "E", count=60, ago=HOUR)
        first = ask(client, "/deliveries", handler="api.pages", state="dead")
        rest = ask(client, "/deliveries", handler="api.pages", state="dead", after=first["next"])
        keys = [row["seq"] for row in first["deliveries"] + rest["deliveries"]]
        assert (len(keys), len(set(keys)), rest["next"]) == (60, 60, None)

    def test_a_domain_event_by_its_id(self, client: httpx.Client) -> None:
        found = ask(client, "/deliveries", subject=an_id("Ada"))["deliveries"][0]
        story = ask(client, f"/domain-events/{found['seq']}")
        assert story["domain_event"]["subject"] == an_id("Ada")
        assert client.get("/domain-events/nothing").status_code == 404

    def test_what_somebody_was_told_or_was_not(self, client: httpx.Client) -> None:
        found = ask(client, "/notifications", user=an_id("Ada"))
        assert found == {"notifications": [], "next": None, "was_cut": False}
        assert client.get("/notifications?user=Ada").status_code == 400
        assert client.get(f"/notifications/{an_id('none')}").status_code == 404

    @pytest.mark.parametrize("query", ["state=odd", "since=never", "after=x", "died=5y"])
    def test_what_cannot_be_read_is_named(self, client: httpx.Client, query: str) -> None:
        answer = client.get(f"/deliveries?{query}")
        assert answer.status_code == 400
        assert query.partition("=")[0] in answer.json()["detail"]


class TestActing:
    def test_one_is_retried_discarded_and_restored(
        self, client: httpx.Client, engine: Engine
    ) -> None:
        (seq,) = kill(engine, "api.one", "E", count=1, ago=HOUR)
        key = {"seq": seq, "handler": "api.one"}
        assert client.post("/deliveries/discard", json=key).status_code == 422
        assert client.post("/deliveries/discard", json=key | {"why": "x"}).status_code == 200
        assert client.post("/deliveries/retry", json=key).status_code == 409
        assert client.post("/deliveries/restore", json=key).status_code == 200
        assert client.post("/deliveries/retry", json=key).status_code == 200
        entries = ask(client, "/audit", actor="robot")["entries"]
        done = [(each["action"], each["via"]) for each in entries if each["seq"] == seq]
        assert done == [("retry", "api"), ("restore", "api"), ("discard", "api")]

    def test_many_are_discarded_and_all_of_it_undone(
        self, client: httpx.Client, engine: Engine
    ) -> None:
        kill(engine, "api.many", "E", count=4, ago=HOUR)
        order = {"kind": "discard", "handler": "api.many", "why": "x", "expected": 3}
        assert "There are 4 by now" in client.post("/bulk", json=order).json()["detail"]
        begun = client.post("/bulk", json=order | {"expected": 4})
        assert (begun.status_code, begun.json()["deliveries"]) == (202, 4)
        while step(engine):
            pass
        place = f"/bulk/{begun.json()['id']}"
        assert ask(client, place)["counts"]["discarded"] == 4
        undone = client.post(f"{place}/undo").json()
        while step(engine):
            pass
        assert ask(client, f"/bulk/{undone['id']}")["counts"]["restored"] == 4
        assert client.post(f"{place}/cancel").status_code == 409
