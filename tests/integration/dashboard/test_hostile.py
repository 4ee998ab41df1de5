"""Hostile text in every field that can carry it stays text; and tricks on forms come to nothing."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from urllib.parse import quote

import httpx
import pytest
from sqlalchemy import Engine, text

from dashboard.__main__ import server_config
from dashboard.app import make_app
from dashboard.collecting import Collector
from dashboard.context import Place
from dashboard.links import own_path
from dashboard.rendering import TEMPLATES
from domain.tables.accounts import Role, Via
from tests.browser.scene import HOSTILE
from tests.helpers.postgres import PostgresServer
from tests.helpers.roles import acting_as
from tests.helpers.serving import serving
from tests.integration.dashboard.scene import OURS, an_account, token_of
from workers.sandbox.journal import Entry, Journal

SAFE: Final = "&lt;script&gt;"
BULK: Final = "018f0000-0000-7000-8000-00000000000b"
TOLD: Final = "018f0000-0000-7000-8000-00000000000c"
PERSON: Final = "018f0000-0000-7000-8000-00000000000d"
GATHERING: Final = "018f0000-0000-7000-8000-00000000000e"
PLACES: Final = (
    "/",
    "/deliveries",
    "/schedules",
    "/workers",
    "/outbox",
    "/dead",
    "/dead/list",
    "/dead/preview",
    "/domain-events/1",
    "/bulk",
    f"/bulk/{BULK}",
    "/audit",
    "/notifications",
    "/notifications?state=failed&template=kudos",
    f"/notifications/{TOLD}",
    "/notifications/sandbox",
    f"/people/{PERSON}",
    f"/gatherings/{GATHERING}",
    f"/gatherings/{GATHERING}?person={PERSON}",
)


@pytest.fixture(scope="module")
def engine(postgres_server: PostgresServer) -> Iterator[Engine]:
    """A database whose every free text is hostile."""
    with postgres_server.engine(pool_size=6) as made:
        an_account(made, "operator", Role.OPERATOR)
        with made.begin() as connection:
            bad = "'" + HOSTILE.replace("'", "''") + "'"
            ids = {"told": TOLD, "bulk": BULK, "person": PERSON, "gathering": GATHERING}
            connection.exec_driver_sql(SPOILT.format(bad=bad, **ids))
        Collector(made, None).look()
        yield made


# {bad} is the hostile text as SQL writes it.
SPOILT: Final = """
INSERT INTO domain_events (seq, source, id, type, subject, time, received_at, data, actor,
    traceparent)
VALUES (1, {bad}, {bad}, {bad}, {bad}, now(), now(), jsonb_build_object('user_id', {bad}::text),
    {bad}, {bad});
INSERT INTO deliveries (seq, handler, lane, received_at, state, attempts, reason, error, awaits,
    fingerprint, settled_at)
VALUES (1, {bad}, {bad}, now(), 'dead', 1, {bad}, {bad}, {bad}, {bad}, now());
INSERT INTO refusals (thing, reason) VALUES ({bad}, {bad});
INSERT INTO workers (id, pid, host, lanes, started_at, last_seen_at)
VALUES (gen_random_uuid(), 1, {bad}, ARRAY[{bad}::text], now(), now());
INSERT INTO processes (id, name, pid, host, version, started_at, last_seen_at, memory_bytes, takes,
    doing)
VALUES (gen_random_uuid(), {bad}, 1, {bad}, {bad}, now(), now() - interval '20 seconds', 1,
    ARRAY[{bad}::text], jsonb_build_array(jsonb_build_object('what', {bad}::text, 'count', 1,
        'since', now())));
INSERT INTO failure_kinds (fingerprint, handler, error, first_at, last_at, version)
VALUES ('x', {bad}, {bad}, now(), now(), {bad});
INSERT INTO outbox (seq, received_at, type) VALUES (1, now(), {bad});
INSERT INTO port_rests (port, failures, reason, since, until)
VALUES ({bad}, 3, {bad}, now(), now() + interval '1 hour');
INSERT INTO schedules (name, every, at, sentence, paused_until, paused_why)
VALUES ({bad}, '1 hour', '0', {bad}, now() + interval '1 hour', {bad});
INSERT INTO notifications (id, user_id, category, template, params, channel, dedupe_key, status,
    reason, send_after, expires_at, attempts, domain_event_id)
VALUES ('{told}', '{person}', 'push_social', 'kudos',
    jsonb_build_object('event_id', '{gathering}'), 'push', 'x', 'failed', {bad},
    now(), now(), 1, 1);
INSERT INTO users (id, clerk_id, birth_date, status, timezone, last_name, phone_number, email)
VALUES ('{person}', {bad}, '1990-05-01', 'active', {bad}, {bad}, {bad}, {bad});
INSERT INTO social_profiles (id, user_id, first_name, preferred_name)
VALUES (gen_random_uuid(), '{person}', {bad}, {bad});
INSERT INTO host_profiles (id, user_id, host_name) VALUES (gen_random_uuid(), '{person}', {bad});
INSERT INTO push_notification_tokens (id, user_id, token, platform, disabled_at, disabled_reason)
VALUES (gen_random_uuid(), '{person}', {bad}, 'ios', now(), {bad});
INSERT INTO events (id, host_id, title, description, status, min_attendees, max_attendees,
    confirmation_fee)
VALUES ('{gathering}', '{person}', {bad}, {bad}, 'published', 1, 4, 500);
INSERT INTO invitations (id, event_id, user_id, status)
VALUES (gen_random_uuid(), '{gathering}', '{person}', 'sent');
INSERT INTO handovers (notification_id, channel, attempt, state, reason, provider_id,
    handed_over_at, asked)
VALUES ('{told}', 'push', 1, 'failed', {bad}, {bad}, now(), 0);
INSERT INTO audit_log (at, actor, via, action, seq, handler, why, details)
VALUES (now(), {bad}, 'dashboard', {bad}, 1, {bad}, {bad}, jsonb_build_object({bad}, {bad}::text));
INSERT INTO bulk_operations (id, kind, state, selection, why, actor, via, total, rate, reason)
VALUES ('{bulk}', 'retry', 'stopped', {bad}, {bad}, {bad}, 'dashboard', 1, 20, {bad});
INSERT INTO bulk_items (bulk_id, place, seq, handler, result, reason)
VALUES ('{bulk}', 1, 1, {bad}, 'failed', {bad});
"""


@pytest.fixture(scope="module")
def address(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    journal = Journal(tmp_path_factory.mktemp("sandbox"))
    asked = {"to": HOSTILE, "title": HOSTILE, "body": HOSTILE}
    journal.write(Entry(datetime.now(UTC), "expo", "POST /push/send", asked, 200, None))
    journal.close()
    place = Place(journal=journal.path)
    with serving(make_app(acting_as(engine, "dashboard"), place=place), server_config) as url:
        yield url


@pytest.fixture
def client(address: str, engine: Engine) -> Iterator[httpx.Client]:
    """An operator's browser."""
    token, _ = token_of(engine, "operator", Via.DASHBOARD)
    with httpx.Client(base_url=address, timeout=30) as client:
        client.cookies.set("momento-session", token, domain="127.0.0.1")
        yield client


def is_harmless(page: str) -> bool:
    """Whether nothing of it became part of the page's own language."""
    return "<script>window" not in page and "<img" not in page and "\"'>" not in page


class TestText:
    @pytest.mark.parametrize("place", PLACES)
    def test_stays_text_on_every_page(self, client: httpx.Client, place: str) -> None:
        answer = client.get(place)
        assert answer.status_code == 200
        assert SAFE in answer.text
        assert is_harmless(answer.text)
        assert "7*7" in answer.text

    @pytest.mark.parametrize(
        "place",
        [
            f"/deliveries?{name}={{}}"
            for name in ("handler", "type", "subject", "user", "error", "state", "since", "after")
        ]
        + [
            f"/dead/{page}?{name}={{}}"
            for page in ("list", "preview")
            for name in ("handler", "error")
        ]
        + [
            f"/notifications?{name}={{}}"
            for name in ("user", "channel", "template", "state", "reason", "since", "after")
        ]
        + [f"/gatherings/{GATHERING}?person={{}}", f"/gatherings/{GATHERING}?after={{}}"]
        + ["/catalogue/{}", "/catalogue?type={}", "/catalogue?only={}"]
        + ["/people/{}", "/gatherings/{}", "/notifications/{}", "/notifications/sandbox?channel={}"]
        + ["/search?q={}", "/audit?actor={}", "/domain-events/{}", "/sign-in?next={}", "/{}"]
        + ["/dead/preview?pick=1~{}", "/dead/preview?kind={}", "/?said={}"],
    )
    def test_in_a_url_stays_text(self, client: httpx.Client, place: str) -> None:
        answer = client.get(place.format(quote(HOSTILE, safe="")))
        assert answer.status_code in (200, 303, 400, 404)
        assert is_harmless(answer.text)

    def test_stays_text_where_it_is_revealed(self, client: httpx.Client) -> None:
        token = re.search(r'name="csrf" value="([^"]+)"', client.get(f"/people/{PERSON}").text)
        assert token is not None
        data = {"csrf": token[1], "why": HOSTILE}
        client.post(f"/people/{PERSON}/reveal", data=data, headers=OURS)
        shown = client.get(f"/people/{PERSON}").text
        # Its time zone, its phone, two invitations, six personal values and the reason.
        assert shown.count(SAFE) >= 10
        assert is_harmless(shown)

    def test_no_template_lets_anything_through(self) -> None:
        """What is marked as safe is what one template hands to the next, in one place in Python."""
        for path in Path(TEMPLATES).rglob("*"):
            source = path.read_text(encoding="utf-8")
            assert path.suffix == ".html"
            for hole in (
                "|safe",
                "| safe",
                "autoescape",
                "<script>",
                " onclick",
                " style=",
                "hx-on",
            ):
                assert hole not in source, path


class TestDatabase:
    """What goes wrong there is told apart."""

    def test_what_somebody_has_in_hand_is_no_outage(
        self, client: httpx.Client, engine: Engine
    ) -> None:
        token, csrf = token_of(engine, "operator", Via.DASHBOARD)
        client.cookies.set("momento-session", token, domain="127.0.0.1")
        with engine.begin() as worker:
            worker.execute(text("SELECT FROM deliveries FOR UPDATE"))
            data = {"csrf": csrf, "pick": f"1~{HOSTILE}"}
            answer = client.post("/deliveries/retry", data=data, headers=OURS)
        assert answer.status_code == 409
        assert "Somebody has it in hand" in answer.text

    @pytest.mark.parametrize(
        "place", ["/dead/list?after=1~%00~", "/search?q=%00", "/deliveries?after=1~x%2500~"]
    )
    def test_a_text_that_postgres_keeps_nowhere(self, client: httpx.Client, place: str) -> None:
        assert client.get(place).status_code in (200, 400)


class TestTricks:
    @pytest.mark.parametrize("place", [*PLACES, "/sign-in", "/nothing", "/live-nothing"])
    def test_no_page_can_be_framed(self, client: httpx.Client, place: str) -> None:
        headers = client.get(place).headers
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["x-frame-options"] == "DENY"

    @pytest.mark.parametrize(
        "headers",
        [{}, {"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"},
         {"origin": "https://evil.example"}, {"origin": "null"}],
    )  # fmt: skip
    def test_a_form_from_elsewhere_does_nothing(
        self, client: httpx.Client, engine: Engine, headers: dict[str, str]
    ) -> None:
        _, csrf = token_of(engine, "operator", Via.DASHBOARD)
        for path in ("/deliveries/retry", "/bulk", f"/bulk/{BULK}/cancel"):
            assert client.post(path, data={"csrf": csrf}, headers=headers).status_code == 403

    def test_nor_does_one_with_another_sessions_token(
        self, client: httpx.Client, engine: Engine
    ) -> None:
        _, csrf = token_of(engine, "operator", Via.DASHBOARD)
        for token in ("", csrf):
            data = {"csrf": token, "pick": f"1~{HOSTILE}"}
            assert client.post("/deliveries/retry", data=data, headers=OURS).status_code == 403
        with engine.connect() as connection:
            assert connection.execute(text("SELECT state FROM deliveries")).scalar_one() == "dead"

    def test_a_session_that_was_there_before_is_worth_nothing_after_signing_in(
        self, address: str, engine: Engine
    ) -> None:
        planted, _ = token_of(engine, "operator", Via.DASHBOARD)
        with httpx.Client(base_url=address, timeout=30) as client:
            client.get("/sign-in")
            form = {
                "csrf": client.cookies["momento-form"],
                "name": "operator",
                "password": "a kettle of fish",
            }
            client.cookies.set("momento-session", planted, domain="127.0.0.1")
            answer = client.post("/sign-in", data=form, headers=OURS)
            assert answer.status_code == 303
            assert f"momento-session={planted}" not in str(answer.headers)
        with httpx.Client(base_url=address, timeout=30) as other:
            other.cookies.set("momento-session", planted, domain="127.0.0.1")
            assert other.get("/").status_code == 303

    @pytest.mark.parametrize(
        "wanted",
        ["https://evil.example", "//evil.example", "/\\evil.example", "\\\\evil.example", "evil",
         "/\t/evil.example", "javascript:alert(1)", "/%0d%0aset-cookie:x", "http:evil", ""],
    )  # fmt: skip
    def test_nobody_is_sent_elsewhere(self, address: str, wanted: str) -> None:
        with httpx.Client(base_url=address, timeout=30) as client:
            client.get("/sign-in", params={"next": wanted})
            form = {
                "csrf": client.cookies["momento-form"],
                "name": "operator",
                "password": "a kettle of fish",
                "next": wanted,
            }
            location = client.post("/sign-in", data=form, headers=OURS).headers["location"]
        assert location in ("/", "/%0d%0aset-cookie:x")

    def test_but_on_to_where_they_wanted_to_go(self, address: str) -> None:
        with httpx.Client(base_url=address, timeout=30) as client:
            location = client.get("/dead/list?handler=x").headers["location"]
            assert location == "/sign-in?next=%2Fdead%2Flist%3Fhandler%3Dx"
        assert own_path("/dead/list?handler=x") == "/dead/list?handler=x"

    def test_a_link_of_somebody_elses_says_nothing_was_done(self, client: httpx.Client) -> None:
        """Only what we say ourselves can be said, and a moment ago isn't a text of theirs."""
        assert "Visit us" not in client.get("/?said=Visit%20us").text
