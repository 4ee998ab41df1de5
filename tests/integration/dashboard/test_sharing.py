"""What is read is shared by all who look; pages aren't, and whoever acts sees what came of it."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Event
from typing import Any

import httpx
import psycopg
from sqlalchemy import Engine, event

from dashboard.__main__ import server_config
from dashboard.app import make_app
from dashboard.context import THREADS, Place
from domain.tables.accounts import Role
from tests.helpers.ledger import PATIENCE, until
from tests.helpers.roles import acting_as
from tests.helpers.serving import serving
from tests.integration.dashboard.scene import (
    NOW,
    Browser,
    Clock,
    a_delivery,
    a_session,
    an_account,
    plant,
)

PLACE = "/dead/list?handler=kudos.apply_kudos_given"
# Of each of two people; more in all than the dashboard has threads for reading.
VIEWERS = 2 * THREADS


def test_viewers_share_what_is_read_and_not_the_page(
    viewer: Browser, open_browser: Callable[[], Browser], engine: Engine
) -> None:
    an_account(engine, "grace", Role.OPERATOR)
    operator = open_browser()
    token = a_session(engine, "grace")
    operator.client.cookies.set("momento-session", token, domain="127.0.0.1")
    for seq in (1, 2):
        a_delivery(engine, seq, "dead", settled_at=NOW, error="E", fingerprint="E")
    for browser, name, may in ((viewer, "ada", False), (operator, "grace", True)):
        page = browser.get(PLACE).text
        assert page.count("data-row") == 2
        assert name in page
        assert ("Retry all 2" in page) is may
    # At once, though what was read a moment ago would still do for whoever only looks.
    form = {"csrf": operator.token(PLACE), "pick": "1~kudos.apply_kudos_given", "back": PLACE}
    answer = operator.post("/deliveries/retry", form)
    assert answer.status_code == 303
    assert operator.get(PLACE).text.count("data-row") == 1
    assert "#1<" in operator.get("/deliveries?due=now").text


class Held:
    """Hears what a dashboard asks the database, and holds up what is about one table."""

    def __init__(self, dashboard: Engine, table: str) -> None:
        """Listen before the first connection."""
        self.read, self.signed_in = list[str](), list[str]()
        self.go_on = Event()
        held = self

        class Overhearing(psycopg.Cursor[Any]):
            def execute(self, query: Any, params: Any = None, **rest: Any) -> "Overhearing":
                if f"FROM {table} " in str(query):
                    held.read.append(query)
                    assert held.go_on.wait(2 * PATIENCE.total_seconds())
                super().execute(query, params, **rest)
                if "FROM dashboard_sessions" in str(query):
                    held.signed_in.append(query)
                return self

        @event.listens_for(dashboard, "connect")
        def overhear(connection: Any, _record: object) -> None:
            connection.cursor_factory = Overhearing


def test_what_many_ask_for_at_once_is_read_once(engine: Engine, clock: Clock) -> None:
    """Each is let in by itself; then all wait for the first one's reading, and hold no thread."""
    line = {"name": "tea", "every": timedelta(hours=1), "at": timedelta(), "sentence": "Makes it."}
    plant(engine, "schedules", line)
    names = ("ada", "grace")
    for name in names:
        an_account(engine, name)
    cookies = [
        f"momento-session={a_session(engine, names[number % 2])}" for number in range(VIEWERS)
    ]
    dashboard = acting_as(engine, "dashboard")
    held = Held(dashboard, "schedules")
    app = make_app(dashboard, clock=clock, place=Place(patience_s=2 * PATIENCE.total_seconds()))
    with serving(app, server_config) as url, ThreadPoolExecutor(VIEWERS) as pool:
        try:
            asked = [
                pool.submit(httpx.get, f"{url}/schedules", headers={"cookie": cookie}, timeout=30)
                for cookie in cookies
            ]
            until(lambda: len(held.signed_in) == VIEWERS and len(held.read) > 0, "all are let in")
            # What isn't shared is read by another thread, after all that these had to do.
            elsewhere = httpx.get(f"{url}/audit", headers={"cookie": cookies[0]}, timeout=10)
            assert elsewhere.status_code == 200
            assert len(held.read) == 1
            assert not any(each.done() for each in asked)
        finally:
            held.go_on.set()
        pages = [each.result() for each in asked]
    assert [page.status_code for page in pages] == [200] * VIEWERS
    assert all("Makes it." in page.text for page in pages)
    assert [("ada" in page.text, "grace" in page.text) for page in pages[:2]] == [
        (True, False), (False, True),
    ]  # fmt: skip
