"""The API does what the pages do, by the same services, and writes down who did it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import Engine, text
from sqlmodel import Session

from dashboard.__main__ import server_config
from dashboard.app import make_app
from dashboard.problems import API
from domain.figures.snapshot import Count, Lane, Part
from domain.ops.cursors import MomentCursor
from domain.ops.stepping import step_operations
from domain.tables.accounts import Role
from tests.browser.scene import kill
from tests.factories.snapshots import well
from tests.helpers.diary import Diary
from tests.helpers.ledger import a_registration, publish, until
from tests.helpers.pages import an_id
from tests.helpers.postgres import PostgresServer
from tests.helpers.roles import acting_as
from tests.helpers.serving import serving
from tests.helpers.telling import tell
from tests.integration.dashboard.scene import PASSWORD, a_session, an_account, keep

HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def engine(postgres_server: PostgresServer) -> Iterator[Engine]:
    with postgres_server.engine(pool_size=4) as made:
        diary = Diary()
        diary.people("Ada")
        tell(made, diary.pages)
        an_account(made, "robot", Role.OPERATOR)
        yield made


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


class TestWhole:
    """What the first pages say, in the same words."""

    def test_nothing_known_is_never_well_and_what_is_known_has_its_age(
        self, client: httpx.Client, engine: Engine
    ) -> None:
        before = ask(client, "/overview")
        assert (before["mood"], before["age_s"]) == ("unknown", None)
        assert "lanes" in before["unknown"]
        late: tuple[Lane, ...] = (Lane("seats", Count(812), 400.0),)
        trouble = Part(late, datetime.now(UTC), "timeout")
        keep(engine, replace(well(), lanes=trouble))
        until(lambda: ask(client, "/overview")["age_s"] is not None, "it is read anew")
        found = ask(client, "/overview")
        assert found["words"] == "Unknown: lanes can't be read"
        assert (found["unknown"], found["parts"]["lanes"]["why"]) == (
            ["lanes"], "it can't be read (timeout)",
        )  # fmt: skip
        assert found["parts"]["processes"]["is_known"]
        (lane,) = ask(client, "/lanes")["lanes"]
        assert (lane["name"], lane["queued"]["number"], lane["words"]) == ("seats", 812, "late")
        stages = ask(client, "/pipe")["stages"]
        assert [each["name"] for each in stages] == [
            "outbox", "lanes", "outcomes", "notifications", "providers",
        ]  # fmt: skip
        assert stages[1]["panel"]["words"].endswith("it can't be read (timeout).")
        assert ask(client, "/workers")["panel"]["is_known"]

    def test_a_lane_over_a_period(self, client: httpx.Client) -> None:
        lane = ask(client, "/lanes/seats", period="24h")
        assert (lane["period"], lane["whole"]["tries"], len(lane["points"])) == ("24h", 0, 24)
        assert lane["due"]["waiting"]["number"] == 0
        assert client.get("/lanes/none").status_code == 404
        assert client.get("/lanes/seats?period=2h").status_code == 400

    def test_what_an_id_leads_to_and_what_waits_to_be_routed(
        self, client: httpx.Client, engine: Engine
    ) -> None:
        (lead,) = ask(client, "/search", q=an_id("Ada"))["leads"]
        assert (lead["kind"], lead["page"]) == ("person", f"/people/{an_id('Ada')}")
        assert ask(client, "/search", q="")["leads"] == []
        assert ask(client, "/outbox") == {"rows": [], "next": None}
        publish(engine, a_registration("Waits"))
        (row,) = ask(client, "/outbox")["rows"]
        assert row["is_known"]
        assert ask(client, "/outbox", after=str(row["seq"]))["rows"] == []
        assert client.get("/outbox?after=x").status_code == 400

    def test_what_is_shown_is_masked_again_before_its_time(self, client: httpx.Client) -> None:
        place = f"/people/{an_id('Ada')}"
        assert client.post(f"{place}/hide").status_code == 409
        client.post(f"{place}/reveal", json={"why": "she asks"})
        assert ask(client, place)["personal"]["values"]["first name"] == "Ada"
        assert client.post(f"{place}/hide").status_code == 200
        assert ask(client, place)["personal"] is None
        entries = ask(client, "/audit", actor="robot")["entries"]
        assert [each["action"] for each in entries[:2]] == ["hide", "reveal"]


class TestPausing:
    def test_the_second_is_told_by_whom_until_when_and_why(self, client: httpx.Client) -> None:
        hold = {"name": "plans", "for": "1h", "why": "a backup"}
        assert client.post("/pauses", json=hold).status_code == 200
        again = client.post("/pauses", json=hold | {"why": "mine"})
        assert again.status_code == 409
        assert "by robot until" in again.json()["detail"]
        assert "“a backup”" in again.json()["detail"]
        (there,) = ask(client, "/pauses")["pauses"]
        seen = {"why": "mine", "instead_of": there["since"]}
        assert client.post("/pauses", json=hold | seen).status_code == 200
        ended = {"name": "plans", "since": there["since"]}
        assert client.post("/pauses/end", json=ended).status_code == 409
        (there,) = ask(client, "/pauses")["pauses"]
        assert there["why"] == "mine"
        ended = {"name": "plans", "since": there["since"]}
        assert client.post("/pauses/end", json=ended).status_code == 200


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

    def test_what_a_removed_handler_left_is_given_up_where_it_is_told(
        self, client: httpx.Client, engine: Engine
    ) -> None:
        seq = ask(client, "/deliveries", subject=an_id("Ada"))["deliveries"][0]["seq"]
        with engine.begin() as connection:
            left = (
                "INSERT INTO deliveries (seq, handler, lane, received_at, state, due_at)"
                " SELECT seq, 'api.gone', 'seats', received_at, 'pending', now()"
                " FROM domain_events WHERE seq = :seq"
            )
            connection.execute(text(left), {"seq": seq})
        address = client.base_url.join("/")
        cookies = {"momento-session": a_session(engine, "robot", now=datetime.now(UTC))}
        with httpx.Client(base_url=address, timeout=30, cookies=cookies) as browser:
            page = browser.get(f"/domain-events/{seq}").text
        assert page.count(f'name="pick" value="{seq}~api.gone"') == 1
        assert "Retry this handler" not in page
        key = {"seq": seq, "handler": "api.gone"}
        for does in ("discard", "restore", "discard"):
            answer = client.post(f"/deliveries/{does}", json=key | {"why": "removed"})
            assert answer.status_code == 200, answer.text

    def test_many_are_discarded_and_all_of_it_undone(
        self, client: httpx.Client, engine: Engine
    ) -> None:
        kill(engine, "api.many", "E", count=4, ago=HOUR)
        order = {"kind": "discard", "handler": "api.many", "why": "x", "expected": 3}
        assert "There are 4 by now" in client.post("/bulk", json=order).json()["detail"]
        begun = client.post("/bulk", json=order | {"expected": 4})
        assert (begun.status_code, begun.json()["deliveries"]) == (202, 4)
        held = client.post("/bulk", json=order | {"expected": 4})
        assert (held.status_code, begun.json()["id"] in held.json()["detail"]) == (409, True)
        early = client.post(f"/bulk/{begun.json()['id']}/undo")
        assert (early.status_code, "still goes on" in early.json()["detail"]) == (422, True)
        while step(engine):
            pass
        place = f"/bulk/{begun.json()['id']}"
        assert ask(client, place)["counts"]["discarded"] == 4
        self.undo_twice(client, place)
        while step(engine):
            pass
        late = self.undo_twice(client, place, first=200)
        assert ask(client, f"/bulk/{late['id']}")["counts"]["restored"] == 4
        json = {"content-type": "application/json"}
        for headers in ({}, json):
            again = client.post(f"{place}/undo", headers=headers)
            assert "Nothing of it" in again.json()["detail"]
        assert client.post(f"{place}/undo", content='{"id": "1"}').status_code == 415
        with engine.connect() as connection:
            entries = "SELECT count(*) FROM audit_log WHERE action = 'bulk.restore'"
            assert connection.execute(text(entries)).scalar_one() == 1
        assert client.post(f"{place}/cancel").status_code == 409

    def undo_twice(self, client: httpx.Client, place: str, *, first: int = 202) -> Any:
        """By an id of ours, as a program does that has lost the answer."""
        asked = {"id": an_id("undoing")}
        answers = [client.post(f"{place}/undo", json=asked) for _ in range(2)]
        assert [each.status_code for each in answers] == [first, 200]
        assert answers[0].json() == answers[1].json() == asked | {"deliveries": 4}
        elsewhere = client.post(f"/bulk/{uuid4()}/undo", json=asked)
        assert (elsewhere.status_code, "this id" in elsewhere.json()["detail"]) == (422, True)
        return asked

    def test_a_retry_is_previewed_says_its_canary_and_sent_twice_begins_once(
        self, client: httpx.Client, engine: Engine
    ) -> None:
        kill(engine, "api.twice", "E", count=3, ago=HOUR)
        found = ask(client, "/bulk/preview", handler="api.twice")
        assert (found["count"], len(found["sample"]), found["stale"]) == (3, 3, 0)
        order = {"id": str(uuid4()), "handler": "api.twice", "why": "x", "expected": 3}
        assert "canary is true or false" in client.post("/bulk", json=order).json()["detail"]
        assert client.post("/bulk", json=order | {"canary": 1}).status_code == 400
        answers = [client.post("/bulk", json=order | {"canary": True}) for _ in range(2)]
        assert [each.status_code for each in answers] == [202, 200]
        assert answers[0].json() == answers[1].json() == {"id": order["id"], "deliveries": 3}
        other = client.post("/bulk", json=order | {"canary": True, "kind": "discard"})
        assert (other.status_code, "this id" in other.json()["detail"]) == (422, True)
        listed = ask(client, "/bulk")["operations"]
        assert [each["id"] for each in listed].count(order["id"]) == 1
        last = MomentCursor(datetime.fromisoformat(listed[-1]["created_at"]), listed[-1]["id"])
        assert ask(client, "/bulk", after=str(last))["operations"] == []
        assert client.post(f"/bulk/{order['id']}/cancel").status_code == 200
