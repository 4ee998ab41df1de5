"""The first page: from the snapshot alone, renewed in place, shown while the database is away."""

import asyncio
import os
import re
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from psycopg.sql import SQL, Identifier
from sqlalchemy import Engine, text
from sqlmodel import Session

from dashboard.away import DatabaseAwayError
from dashboard.context import Context, Place
from dashboard.snapshots import LIFE_S
from domain.figures.snapshot import Count, Failing, Lane, Part, PauseNow, PromiseNow
from domain.figures.store import keep_snapshot
from domain.sql import execute
from tests.factories.snapshots import NOW as WELL_AT
from tests.factories.snapshots import well
from tests.helpers.postgres import PostgresServer
from tests.integration.dashboard.scene import NOW, Browser, Clock, keep, plant

# What htmx sends with what it fetches.
FRAGMENT = {"HX-Request": "true"}
HOUR = timedelta(hours=1)


def verdict(browser: Browser) -> tuple[str, str]:
    """The sentence on top, and its tone."""
    found = re.search(r'<div class="verdict (\w+)"[^>]*>\s*<h1>([^<]*)</h1>', browser.get().text)
    assert found is not None
    return found[2].replace("&#39;", "'"), found[1]


def seen(browser: Browser, path: str = "/") -> str:
    """The page without its tags."""
    return " ".join(re.sub(r"<[^>]*>", " ", browser.get(path).text).split())


class TestVerdict:
    def test_all_quiet(self, viewer: Browser, engine: Engine) -> None:
        keep(engine, well())
        assert verdict(viewer) == ("All quiet", "quiet")

    def test_nobody_collects(self, viewer: Browser, engine: Engine) -> None:
        keep(engine, well(), ago=timedelta(minutes=2))
        said, tone = verdict(viewer)
        assert (said[:40], tone) == ("Unknown: the collector has been silent f", "unknown")
        assert "2 min old: the collector is silent." in seen(viewer)

    def test_nothing_was_ever_collected(self, viewer: Browser) -> None:
        assert verdict(viewer)[1] == "unknown"
        assert "Not known yet" in seen(viewer)

    def test_one_part_that_cannot_be_read(self, viewer: Browser, engine: Engine) -> None:
        lanes = (Lane("seats", Count(812), 4.0),)
        read = datetime.now(UTC) - timedelta(minutes=5)
        keep(engine, replace(well(), lanes=Part(lanes, read, "timeout")))
        assert verdict(viewer) == ("Unknown: lanes can't be read", "unknown")
        shown = seen(viewer)
        assert "5 min old: it can&#39;t be read (timeout)." in shown
        assert "812" in shown

    def test_what_fails_leads_to_its_lists(self, viewer: Browser, engine: Engine) -> None:
        failing = Failing("f", "kudos.apply", "KeyError | x in y", NOW, NOW, "1.0", 3, 40)
        keep(engine, well(failing=(failing,)))
        page = viewer.get().text
        query = "handler=kudos.apply&amp;error=KeyError+%7C+x+in+y"
        assert f'href="/deliveries?state=failed&amp;{query}"' in page
        assert f'href="/dead/list?{query}"' in page


class TestDatabaseAway:
    def test_whoever_was_there_sees_what_was_known_and_that_it_is_unknown_now(
        self, viewer: Browser, engine: Engine, postgres_server: PostgresServer
    ) -> None:
        now = datetime.now(UTC)
        pause = PauseNow("seats", now, now + HOUR, "mia", "<b>down</b>", Count(812))
        keep(engine, well(lanes=(Lane("seats", Count(812), 4.0),), pauses=(pause,)))
        assert verdict(viewer)[1] == "busy"
        banner = "is paused by mia"
        assert banner in seen(viewer, "/workers")
        assert "“&lt;b&gt;down&lt;/b&gt;”" in seen(viewer, "/workers")
        assert "812 wait meanwhile" in seen(viewer, "/workers")
        with gone(engine, postgres_server):
            # What was read a moment ago is asked for again after a second.
            assert until_unknown(viewer) == ("Unknown: the database can't be reached", "unknown")
            assert "812" in seen(viewer)
            assert viewer.get("/", cookie=f"momento-session={'x' * 43}").status_code == 503
            assert "seats" in viewer.get("/lanes").text
            assert viewer.get("/workers").status_code == 200
            # It may have ended meanwhile: nothing is said of it rather than something wrong.
            assert banner not in seen(viewer, "/workers")
            assert viewer.get("/deliveries").status_code == 503
            assert viewer.post("/sign-out", {"csrf": "x"}).status_code == 503

    def test_one_that_says_nothing_at_all_is_not_waited_for(
        self, viewer: Browser, engine: Engine
    ) -> None:
        keep(engine, well(lanes=(Lane("seats", Count(812), 4.0),)))
        assert verdict(viewer)[1] == "busy"
        with silent(engine):
            assert until_unknown(viewer) == ("Unknown: the database can't be reached", "unknown")
            assert viewer.get("/deliveries").status_code == 503
        assert verdict(viewer)[1] == "busy"
        assert viewer.get("/deliveries").status_code == 200


@contextmanager
def silent(engine: Engine) -> Iterator[None]:
    """The server and those of its processes that serve us stand still; they refuse nothing."""
    with engine.connect() as connection:
        found = connection.execute(
            text(
                "SELECT split_part(pg_read_file('postmaster.pid'), E'\\n', 1)::int UNION ALL"
                " SELECT pid FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        ).scalars()
        pids = found.all()
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


@contextmanager
def gone(engine: Engine, server: PostgresServer) -> Iterator[None]:
    """Nobody gets into the database, or stays."""
    name = engine.url.database or ""
    allow = SQL("ALTER DATABASE {} ALLOW_CONNECTIONS {}")
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute(allow.format(Identifier(name), SQL("false")))
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name]
        )
        yield
        connection.execute(allow.format(Identifier(name), SQL("true")))


def until_unknown(viewer: Browser) -> tuple[str, str]:
    """Look until the page says so; not for ever."""
    deadline = time.monotonic() + 10 * LIFE_S
    while (found := verdict(viewer))[1] != "unknown":
        assert time.monotonic() < deadline
    return found


class TestRewind:
    """The clock stands at noon; snapshots are kept from ten to half past, and of just now."""

    @pytest.fixture(autouse=True)
    def kept(self, engine: Engine) -> None:
        then = NOW - 2 * HOUR
        lanes = (Lane("seats", Count(812), 4.0),)
        pause = PauseNow("seats", then - HOUR, NOW, "mia", "so it was", Count(812))
        with Session(engine) as session, session.begin():
            for minute in range(30):
                snapshot = well(lanes=lanes, pauses=(pause,))
                at = then + timedelta(minutes=minute, seconds=3)
                keep_snapshot(session, replace(snapshot, at=at), is_kept=True)
            keep_snapshot(session, replace(well(), at=NOW), is_kept=True)

    def test_shows_what_was_and_nothing_to_press(self, viewer: Browser) -> None:
        page = viewer.get("/?at=10:14").text
        assert "As it was at 2026-11-21 10:14:03 UTC" in page
        assert "At work: 812 deliveries to apply" in page
        assert "seats</a></b> is paused by mia" in page
        assert "data-live=" not in page
        assert 'href="/?at=2026-11-21T10%3A09%3A00Z"' in page
        assert 'href="/?at=2026-11-21T10%3A19%3A00Z"' in page
        assert 'method="post"' not in page.partition("<main")[2]
        assert "812" in viewer.get("/lanes?at=10:14").text

    def test_steps_end_where_what_is_kept_ends(self, viewer: Browser) -> None:
        page = viewer.get("/?at=10:00").text
        assert "T09%3A55" not in page
        assert "+5 min" in page
        assert "+5 min" not in viewer.get("/?at=12:00").text

    @pytest.mark.parametrize("at", ["11:00", "3d", "2001-01-01"])
    def test_nothing_is_kept_from_then(self, viewer: Browser, at: str) -> None:
        answer = viewer.get(f"/lanes?at={at}")
        assert answer.status_code == 404
        assert "begins at 2026-11-21 10:00:03 and goes on to 2026-11-21 12:00:00 UTC" in answer.text

    @pytest.mark.parametrize("at", ["tomorrow", "2030-01-01", "0001-01-01", "99:99", "'><script>"])
    def test_no_moment(self, viewer: Browser, at: str) -> None:
        assert viewer.client.get("/", params={"at": at}).status_code == 400


class TestPromises:
    """What isn't known is never told as if nothing had been promised."""

    NONE = PromiseNow("invitation_push", 0.99, 0, 0, 0, 0, 0, 0)
    KEPT = PromiseNow("seat_push", 0.99, 5, 0, 5, 0, 5, 0)

    @pytest.mark.parametrize(
        ("part", "said", "tones"),
        [
            (Part(), "Not known", {"unknown"}),
            (Part(None, None, "NotAddedUpError"), "Not known", {"unknown"}),
            (Part((NONE, KEPT), WELL_AT), "Nothing was promised in 30 days.", {"plain", "quiet"}),
            (Part((NONE, KEPT), WELL_AT, "NotAddedUpError"), "100.0% today", {"unknown"}),
        ],
        ids=["nobody has read it", "never read", "read", "no longer read"],
    )
    def test_each_says_how_it_stands(
        self, viewer: Browser, engine: Engine, part: Part[Any], said: str, tones: set[str]
    ) -> None:
        day = {"name": "seat_push", "at": NOW, "kept": 5, "broken": 0}
        plant(engine, "promises", day)
        keep(engine, replace(well(), promises=part))
        page = viewer.get("/promises").text
        states = re.findall(r'class="state long (\w+)">([^<]+)<', page)
        assert {tone for tone, _ in states} == tones
        assert said in " ".join(sentence for _, sentence in states)
        assert ("Nothing was promised" in page) == (part.value is not None)
        assert "2026-11-21" in page


class TestRenewal:
    def test_the_fragment_holds_the_pages_parts_and_no_more(
        self, viewer: Browser, engine: Engine
    ) -> None:
        keep(engine, well())
        page, fragment = viewer.get(), viewer.get("/", **FRAGMENT)
        assert fragment.text in page.text
        assert "<html" not in fragment.text
        assert "csrf" not in fragment.text
        etag = fragment.headers["etag"]
        assert etag == page.headers["etag"]
        again = viewer.get("/", **FRAGMENT, **{"If-None-Match": etag})
        assert (again.status_code, again.content) == (304, b"")

    def test_without_scripts_the_page_reloads(self, viewer: Browser) -> None:
        assert '<noscript><meta http-equiv="refresh" content="30"></noscript>' in viewer.get().text

    def test_looking_can_change_nothing(self, engine: Engine) -> None:
        context = Context(engine, clock=Clock(), place=Place())

        def change(session: Session) -> int:
            return execute(session, "DELETE FROM deliveries")

        # In a thread of its own: a browser's loop may run in this one.
        with ThreadPoolExecutor(1) as thread:
            with pytest.raises(DatabaseAwayError):
                thread.submit(asyncio.run, context.look(change)).result()
            assert thread.submit(asyncio.run, context.write(change)).result() == 0
        context.close()


class TestOutbox:
    def test_what_nobody_has_routed_the_longest_there_first(
        self, viewer: Browser, engine: Engine
    ) -> None:
        for seq, name in enumerate(["app.momento.kudos.given.v1", "app.momento.of.tomorrow.v9"]):
            row = {"seq": seq + 1, "received_at": NOW - timedelta(minutes=7), "type": name}
            plant(engine, "outbox", row)
        page = viewer.get("/outbox").text
        assert page.index("kudos.given") < page.index("of.tomorrow")
        assert "7 min ago" in page
        assert page.count("No process of this version knows the type") == 1
        assert "The outbox is empty." in viewer.get("/outbox?after=2").text
