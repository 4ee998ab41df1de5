"""G15: what is personal, or secret, stays where it belongs while everything runs and goes wrong.

Every input says canaries: domain events of every type, webhooks real and forged, what is refused
for its form, keys and passwords. All processes run, with logs at debug; handlers raise with all
that was said. Then canaries are looked for everywhere.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event, Thread
from typing import Any, Final

import httpx
import pytest
import redis
from sqlalchemy import Engine, text

from domain.tables.notifications import Channel
from tests.acceptance.canaries.finding import OWN, columns_with_canaries, lines_with_canaries
from tests.acceptance.canaries.saying import (
    PUBLIC,
    SECRET,
    as_json,
    hooks,
    malformed,
    poison,
    said_by_everybody,
)
from tests.acceptance.faults.scene import our_environment
from tests.factories.audience import gather, line_up
from tests.helpers import clerk
from tests.helpers.canaries import AREA, WORD
from tests.helpers.ledger import ask, until
from tests.helpers.processes import RELAY, Crew, Program
from tests.helpers.sandbox import settings_for
from tests.helpers.sentry import Sentry, a_sentry
from tests.integration.dashboard.scene import Browser, an_account
from tests.integration.gateway.scene import MANY, ONE, new_key
from workers.ports import free_ports
from workers.sandbox import Sandbox, running_sandbox

PATIENCE: Final = timedelta(seconds=90)
# So many from the first one on, of which each process takes one.
PORTS: Final = 12
TOKEN: Final = "secretcanary-token"


@contextmanager
def overheard(url: str) -> Iterator[list[str]]:
    """Hear all that is said to Redis."""
    heard: list[str] = []
    listening, over = Event(), Event()

    def listen() -> None:
        patient = redis.Redis.from_url(url, socket_timeout=None)
        with patient as client, client.monitor() as monitor:
            listening.set()
            while not over.is_set():
                heard.append(str(monitor.next_command()))

    thread = Thread(target=listen, daemon=True)
    thread.start()
    assert listening.wait(10)
    yield heard
    over.set()
    with redis.Redis.from_url(url) as client:
        # Whoever listens hears this, too, and then stops.
        heard += [f"{key!r} {client.dump(key)!r}" for key in client.scan_iter()]
    thread.join(10)


class System:
    """All that runs, and where it is."""

    def __init__(self, engine: Engine, crew: Crew, gateway: str, dashboard: str) -> None:
        self.engine = engine
        self.crew = crew
        self.gateway = gateway
        self.dashboard = dashboard
        self.heard: list[str] = []
        # Where some of the processes show their figures.
        self.shown: list[str] = []
        # What was answered, which may be logged by whoever asked.
        self.answers: list[str] = []


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    with running_sandbox(tmp_path / "sandbox") as sandbox:
        yield sandbox


@pytest.fixture
def sentry() -> Iterator[Sentry]:
    with a_sentry() as sentry:
        yield sentry


@pytest.fixture
def places(sandbox: Sandbox, sentry: Sentry) -> dict[str, str]:
    """Where those are to whom we speak."""
    return {**settings_for(sandbox), "SENTRY_DSN": sentry.dsn}


@pytest.fixture
def system(
    engine: Engine, database_url: str, redis_server: str, places: dict[str, str], tmp_path: Path
) -> Iterator[System]:
    *ports, shown = free_ports("127.0.0.1", (0, 0, 0))
    environment = our_environment(database_url, redis_server) | {
        "LOG_LEVEL": "debug",
        "GATEWAY_PORT": str(ports[0]),
        "DASHBOARD_PORT": str(ports[1]),
        "METRICS_PORT": str(shown),
        "GATEWAY_PUBLIC_URL": PUBLIC,
        **places,
        "EXPO_ACCESS_TOKEN": TOKEN,
        "STRIPE_WEBHOOK_SECRET": SECRET,
        "CLERK_WEBHOOK_SECRET": clerk.SECRET,
    }
    modules = (RELAY, "tests.helpers.poisoned", "scheduler", "workers.sending")
    programs = [
        Program(module, environment, tmp_path / f"{module}.log")
        for module in (*modules, "gateway", "dashboard")
    ]
    urls = [f"http://127.0.0.1:{port}" for port in ports]
    with overheard(redis_server) as heard, Crew(*programs) as crew:
        system = System(engine, crew, *urls)
        system.heard = heard
        system.shown = [f"http://127.0.0.1:{port}/metrics" for port in range(shown, shown + PORTS)]
        for url in urls:
            until(lambda url=url: answers(f"{url}/readyz"), "it serves", PATIENCE)  # type: ignore[misc]
        yield system


def answers(url: str) -> bool:
    with suppress(httpx.TransportError):
        return httpx.get(url).is_success
    return False


def figures(system: System) -> list[str]:
    """What the processes show for Prometheus, wherever one does."""
    said = []
    for url in system.shown:
        with suppress(httpx.TransportError):
            said.append(httpx.get(url, timeout=10).text)
    return said


def looked_at(system: System) -> list[str]:
    """What the dashboard shows of all that went on, and of somebody to whom much happened."""
    with httpx.Client(base_url=system.dashboard, timeout=30) as client:
        browser = Browser(client)
        browser.sign_in("ada", f"wrong {WORD}")
        assert browser.sign_in("ada").status_code < 400
        somebody = ask(system.engine, "SELECT user_id FROM notifications LIMIT 1")
        gathering = ask(system.engine, "SELECT event_id FROM invitations LIMIT 1")
        seq = ask(system.engine, "SELECT seq FROM deliveries WHERE state = 'dead' LIMIT 1")
        places = (
            *("/", f"/?{WORD}", "/deliveries", "/dead", "/dead/list", "/notifications", "/audit"),
            *("/lanes", "/schedules", "/workers", "/catalogue", f"/domain-events/{seq}"),
            *(f"/people/{somebody}", f"/gatherings/{gathering}"),
        )
        shown = [browser.get(place) for place in places]
        assert {page.status_code for page in shown} == {200}
        return [page.text for page in shown]


def tell(system: System, rules: Any) -> None:
    """Say all of it: what is right, what is not, and what is forged."""
    key = new_key(system.engine)
    said = [as_json(page) for page in said_by_everybody()]
    said += [as_json(replace(poison(number), id=f"raises {number}")) for number in range(2)]
    with httpx.Client(base_url=system.gateway, timeout=60) as client:
        for bearer in (key, f"momento_{WORD}"):
            sent = {"authorization": f"Bearer {bearer}", "content-type": MANY}
            answer = client.post("/v1/events", content=json.dumps(said).encode(), headers=sent)
            assert answer.status_code == (202 if bearer == key else 401), answer.text
        for body in malformed(said):
            sent = {"authorization": f"Bearer {key}", "content-type": ONE, "x-note": WORD}
            system.answers.append(client.post("/v1/events", content=body, headers=sent).text)
        for path, body, headers in hooks(rules):
            answer = client.post(path, content=body, headers=headers)
            assert answer.status_code < 500, answer.text
            system.answers.append(answer.text)
        system.answers.append(client.get(f"/unsubscribe/{WORD}").text)
        system.answers.append(client.get(f"/{WORD}?{WORD}={AREA}").text)


def told_on_each_channel(engine: Engine) -> None:
    """Have people with canaries for addresses told something."""
    now = datetime.now(UTC)
    gather(engine, 5, now=now)
    with engine.begin() as connection:
        connection.execute(
            text(
                "UPDATE users SET email = 'canary-' || id || '@example.org', phone_number ="
                f" '{AREA}7' || (row_number * 1000)::text FROM (SELECT id AS one, row_number()"
                " OVER () FROM users) AS listed WHERE one = id"
            )
        )
    for channel in Channel:
        line_up(engine, channel, count=5, now=now)


def die(system: System) -> None:
    """Have what raises tried for the last time."""
    failed = "SELECT count(*) FROM deliveries WHERE state = 'failed'"
    until(lambda: ask(system.engine, failed) == 2, "what raises has failed", PATIENCE)
    with system.engine.begin() as connection:
        connection.execute(
            text(
                "UPDATE deliveries SET attempts = 30, due_at = now() WHERE state = 'failed'"
                " AND (seq, handler) = (SELECT seq, handler FROM deliveries"
                " WHERE state = 'failed' LIMIT 1)"
            )
        )
    dead = "SELECT count(*) FROM deliveries WHERE state = 'dead'"
    until(lambda: ask(system.engine, dead) == 1, "one is dead", PATIENCE)
    with system.engine.begin() as connection:
        connection.execute(
            text("UPDATE deliveries SET state = 'dead', due_at = NULL WHERE state = 'failed'")
        )


@pytest.mark.timeout(300)
def test_a_canary_is_found_nowhere_but_in_its_own_column(
    system: System, sandbox: Sandbox, sentry: Sentry
) -> None:
    an_account(system.engine)
    told_on_each_channel(system.engine)
    tell(system, sandbox.twilio.rules)
    die(system)
    # What waits for something goes on waiting.
    left = """
        SELECT (SELECT count(*) FROM outbox)
            + (SELECT count(*) FROM deliveries WHERE state = 'pending')
    """
    until(lambda: ask(system.engine, left) == 0, "all is applied", PATIENCE)
    sending = "SELECT count(*) FROM notifications WHERE status IN ('scheduled', 'sending')"
    until(lambda: ask(system.engine, sending) == 0, "all is sent", PATIENCE)
    pages, metrics = looked_at(system), figures(system)
    log = system.crew.log().splitlines()
    found = columns_with_canaries(system.engine)
    # Else nothing would be shown.
    assert {("users", "email"), ("ratings", "comment"), ("reports", "comments")} <= found
    assert sum('"debug"' in line for line in log) > 50
    assert len(system.heard) > 50
    assert len(sandbox.journal.read()) > 3
    assert found - OWN == set()
    assert lines_with_canaries(log) == []
    assert lines_with_canaries(system.heard) == []
    assert len(metrics) > 2
    assert lines_with_canaries(metrics) == []
    assert lines_with_canaries(pages) == []
    assert lines_with_canaries(system.answers) == []
    assert any("deliveries.failed" in sent for sent in sentry.requests)
    assert lines_with_canaries(sentry.requests) == []
