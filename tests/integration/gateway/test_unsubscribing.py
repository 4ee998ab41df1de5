"""The address for ending email: what it shows, what it takes, and what it never gives away."""

from collections.abc import Iterator
from queue import Queue
from typing import Any, Final

import httpx
import pytest
from sqlalchemy import Engine
from sqlmodel import Session

from domain.tables.notifications import Channel
from gateway.__main__ import server_config
from gateway.app import make_app
from tests.helpers.postgres import PostgresServer
from tests.helpers.roles import acting_as
from tests.helpers.said import rows
from tests.helpers.serving import serving
from tests.helpers.texting import ADA, NOW, handover_id, text_on_its_way
from tests.integration.gateway.scene import away

MAIL: Final = f"/unsubscribe/{handover_id()}"
SAID: Final = "app.momento.notification_settings.updated.v1"
NOT_THERE: Final = (
    f"/unsubscribe/{handover_id(9)}",
    f"/unsubscribe/{handover_id()}x",
    "/unsubscribe/x",
    "/unsubscribe/%00",
    "/unsubscribe/%ff%fe",
    "/unsubscribe/' OR 1=1 --",
)


@pytest.fixture
def rung() -> Queue[set[str]]:
    return Queue()


@pytest.fixture
def client(engine: Engine, rung: Queue[set[str]]) -> Iterator[httpx.Client]:
    with Session(engine) as session, session.begin():
        text_on_its_way(session, channel=Channel.EMAIL)
    app = make_app(
        acting_as(engine, "gateway"), clock=lambda: NOW, ring=lambda types: rung.put(set(types))
    )
    with serving(app, server_config) as url, httpx.Client(base_url=url, timeout=30) as client:
        yield client


def published(engine: Engine) -> list[tuple[Any, ...]]:
    return rows(engine, "SELECT type, source, data, time FROM domain_events")


class TestPost:
    @pytest.mark.parametrize(
        "said",
        [
            {"data": {"List-Unsubscribe": "One-Click"}},
            {"files": {"List-Unsubscribe": (None, "One-Click")}},
            {"content": b""},
            {"content": b"\xff\x00 anything"},
        ],
        ids=["form", "multipart", "nothing", "garbage"],
    )
    def test_it_is_said_once_and_the_lane_is_rung(
        self, engine: Engine, client: httpx.Client, rung: Queue[set[str]], said: dict[str, Any]
    ) -> None:
        answers = [client.post(MAIL, **said) for _ in range(3)]
        assert {answer.status_code for answer in answers} == {200}
        wish = {"user_id": ADA, "email_account_and_safety": False}
        assert published(engine) == [(SAID, "/gateway/unsubscribe", wish, NOW)]
        assert rung.get(timeout=10) == {SAID}
        assert rung.empty()

    def test_a_large_body_is_refused(self, engine: Engine, client: httpx.Client) -> None:
        assert client.post(MAIL, content=b" " * 70_000).status_code == 413
        assert published(engine) == []

    def test_the_database_is_away(
        self, postgres_server: PostgresServer, engine: Engine, client: httpx.Client
    ) -> None:
        with away(postgres_server, engine):
            assert [client.post(MAIL).status_code, client.get(MAIL).status_code] == [503, 503]
        assert client.post(MAIL).status_code == 200
        assert len(published(engine)) == 1


class TestGet:
    def test_it_only_asks(self, engine: Engine, client: httpx.Client) -> None:
        for method in ("GET", "HEAD", "GET"):
            assert client.request(method, MAIL).status_code == 200
        assert '<form method="post">' in client.get(MAIL).text
        assert published(engine) == []


class TestPages:
    @pytest.mark.parametrize("method", ["GET", "POST"])
    @pytest.mark.parametrize("path", NOT_THERE)
    def test_an_address_that_is_not_there(
        self, engine: Engine, client: httpx.Client, method: str, path: str
    ) -> None:
        answer = client.request(method, path)
        assert (answer.status_code, answer.headers["content-type"]) == (
            404,
            "text/html; charset=utf-8",
        )
        # One can't tell one that never was from one that can't be.
        assert answer.text == client.get("/unsubscribe/x").text
        assert published(engine) == []

    def test_of_an_sms_there_is_none(self, engine: Engine, client: httpx.Client) -> None:
        with Session(engine) as session, session.begin():
            text_on_its_way(session, attempt=2, channel=Channel.PUSH)
        assert client.post(f"/unsubscribe/{handover_id(2)}").status_code == 404
        assert published(engine) == []

    @pytest.mark.parametrize("path", [MAIL, "/unsubscribe/x"])
    @pytest.mark.parametrize("method", ["GET", "POST"])
    def test_they_run_nothing_and_tell_nobody(
        self, client: httpx.Client, method: str, path: str
    ) -> None:
        answer = client.request(method, path)
        assert answer.headers["content-security-policy"].startswith("default-src 'none'")
        assert "unsafe" not in answer.headers["content-security-policy"]
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["cache-control"] == "no-store"
        assert "script" not in answer.text
        assert "style" not in answer.text
        for personal in (ADA, handover_id(), "Ada", "@"):
            assert personal not in answer.text

    def test_another_method_is_told_which_are_right(self, client: httpx.Client) -> None:
        answer = client.put(MAIL)
        assert answer.status_code == 405
        assert set(answer.headers["allow"].split(", ")) == {"GET", "HEAD", "POST"}
