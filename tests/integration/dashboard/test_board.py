"""What the page says of planted states, and what it never shows."""

import asyncio
import re
from datetime import timedelta

import pytest
from sqlalchemy import Engine
from sqlmodel import Session

from dashboard.away import DatabaseAwayError
from dashboard.context import Context, Place
from domain.sql import execute
from tests.integration.dashboard.scene import (
    NOW,
    Browser,
    Clock,
    a_delivery,
    a_worker,
    plant,
)

# What htmx sends with what it fetches.
FRAGMENT = {"HX-Request": "true"}
HOSTILE = "<script>alert(\"1\")</script><img src=x onerror='alert(2)'>{0}%(x)s"


def in_outbox(engine: Engine, *, age: timedelta) -> None:
    values = {"seq": 1, "received_at": NOW - age, "type": "app.momento.kudos.given.v1"}
    plant(engine, "outbox", values)


def verdict(viewer: Browser) -> tuple[str, str]:
    """The sentence on top, and its tone."""
    found = re.search(r'<div class="verdict (\w+)"[^>]*>\s*<h1>([^<]*)</h1>', viewer.get().text)
    assert found is not None
    return found[2].replace("&#39;", "'"), found[1]


def seen(viewer: Browser) -> str:
    """The page without its tags."""
    return " ".join(re.sub(r"<[^>]*>", " ", viewer.get().text).split())


class TestVerdict:
    def test_all_quiet(self, viewer: Browser, engine: Engine) -> None:
        a_worker(engine)
        a_delivery(engine, 1, "done")
        assert verdict(viewer) == ("All quiet", "quiet")

    def test_what_waits_for_something_is_no_alarm(self, viewer: Browser, engine: Engine) -> None:
        a_worker(engine)
        a_delivery(engine, 1, "deferred", due_at=NOW + timedelta(hours=1))
        assert verdict(viewer) == ("All quiet", "quiet")
        assert "1 delivery waits for something still to come." in seen(viewer)

    def test_work_under_way_is_no_alarm(self, viewer: Browser, engine: Engine) -> None:
        a_worker(engine)
        in_outbox(engine, age=timedelta(seconds=1))
        a_delivery(engine, 1, "pending", due_at=NOW)
        said = "At work: 1 domain event to route and 1 delivery to apply"
        assert verdict(viewer) == (said, "busy")

    @pytest.mark.parametrize(
        ("count", "sentence"), [(1, "1 delivery is dead"), (3, "3 deliveries are dead")]
    )
    def test_the_dead_come_first(
        self, viewer: Browser, engine: Engine, count: int, sentence: str
    ) -> None:
        in_outbox(engine, age=timedelta(minutes=5))
        for seq in range(count):
            a_delivery(engine, seq, "dead")
        assert verdict(viewer) == (sentence, "bad")
        shown = seen(viewer)
        assert "The outbox hasn&#39;t been routed for 5 min." in shown
        assert "No worker is at work." in shown

    def test_an_outbox_that_nobody_routes(self, viewer: Browser, engine: Engine) -> None:
        a_worker(engine)
        in_outbox(engine, age=timedelta(seconds=12))
        assert verdict(viewer) == ("The outbox hasn't been routed for 12 s", "bad")

    def test_idle_and_nobody_there_are_not_the_same(self, viewer: Browser) -> None:
        assert verdict(viewer) == ("No worker is at work", "bad")

    def test_a_worker_that_fell_silent_counts_for_nothing(
        self, viewer: Browser, engine: Engine
    ) -> None:
        a_worker(engine, last_seen_at=NOW - timedelta(minutes=2))
        assert verdict(viewer) == ("No worker is at work", "bad")
        assert "gone, 2 min ago" in seen(viewer)

    def test_a_lane_that_nobody_takes(self, viewer: Browser, engine: Engine) -> None:
        a_worker(engine, lanes=["plans", "seats"])
        a_delivery(engine, 1, "pending", due_at=NOW)
        assert verdict(viewer) == ("No worker takes lane afterwards", "bad")

    def test_lanes_that_are_late(self, viewer: Browser, engine: Engine) -> None:
        a_worker(engine)
        a_delivery(engine, 1, "pending", due_at=NOW - timedelta(seconds=40))
        assert verdict(viewer) == ("Lane afterwards is late by 40 s", "late")

    def test_two_lanes_that_are_late(self, viewer: Browser, engine: Engine) -> None:
        a_worker(engine)
        a_delivery(engine, 1, "pending", due_at=NOW - timedelta(hours=1, minutes=4))
        a_delivery(engine, 2, "pending", lane="seats", due_at=NOW - timedelta(seconds=20))
        assert verdict(viewer) == ("Lanes seats and afterwards are late by 1 h 4 min", "late")

    def test_the_failed_are_tried_again(self, viewer: Browser, engine: Engine) -> None:
        a_worker(engine)
        a_delivery(engine, 1, "failed", due_at=NOW + timedelta(minutes=1))
        assert verdict(viewer) == ("1 delivery has failed", "late")
        assert "What has failed is tried again by itself." in seen(viewer)


class TestNumbers:
    def test_deliveries_are_counted_by_state(self, viewer: Browser, engine: Engine) -> None:
        for seq, state in enumerate(["done", "done", "rejected", "discarded"]):
            a_delivery(engine, seq, state)
        a_delivery(engine, 9, "deferred", due_at=NOW + timedelta(hours=1))
        shown = seen(viewer)
        for said in ("done 2 applied", "rejected 1", "discarded 1", "deferred 1", "dead 0"):
            assert said in shown

    def test_outbox_and_lanes_with_their_oldest(self, viewer: Browser, engine: Engine) -> None:
        in_outbox(engine, age=timedelta(seconds=3))
        a_delivery(engine, 1, "pending", lane="seats", due_at=NOW - timedelta(minutes=7))
        shown = seen(viewer)
        assert "outbox 1 3 s" in shown
        assert "lane seats 1 7 min" in shown
        assert "lane plans 0 -" in shown

    def test_workers_with_when_they_were_last_seen(self, viewer: Browser, engine: Engine) -> None:
        a_worker(engine, last_seen_at=NOW - timedelta(seconds=4))
        assert "42 on box plans, seats, afterwards 4 s ago" in seen(viewer)


class TestTroubles:
    def test_the_latest_come_first_with_why_and_how_often(
        self, viewer: Browser, engine: Engine
    ) -> None:
        dead = {"attempts": 5, "deaths": 1, "error": "KeyError in domain/kudos/rules.py:9"}
        a_delivery(engine, 7, "dead", settled_at=NOW - timedelta(minutes=9), **dead)
        again = {"attempts": 2, "error": "ZeroDivisionError", "due_at": NOW + timedelta(seconds=30)}
        a_delivery(engine, 8, "failed", received_at=NOW - timedelta(minutes=2), **again)
        shown = seen(viewer)
        newer = "failed kudos.apply_kudos_given #8 2 attempts · 2 min old, again in 30 s"
        older = "dead kudos.apply_kudos_given #7 5 attempts, 1 process lost · dead for 9 min"
        assert f"{newer} ZeroDivisionError {older} KeyError in domain/kudos/rules.py:9" in shown

    def test_a_dead_one_without_an_error_gives_its_reason(
        self, viewer: Browser, engine: Engine
    ) -> None:
        a_delivery(engine, 1, "dead", reason="waited in vain for event:1")
        assert "waited in vain for event:1" in seen(viewer)

    def test_a_flood_is_cut_and_says_so(self, viewer: Browser, engine: Engine) -> None:
        for seq in range(30):
            a_delivery(engine, seq, "dead", error="x" * 5_000)
        page = viewer.get().text
        assert page.count('<p class="error">') == 20
        assert "All that is dead" in page
        assert len(page) < 40_000

    def test_hostile_text_stays_text(self, viewer: Browser, engine: Engine) -> None:
        a_worker(engine, host=HOSTILE, lanes=[HOSTILE])
        a_delivery(engine, 1, "dead", handler=HOSTILE, lane=HOSTILE, error=HOSTILE, due_at=NOW)
        for headers in ({}, FRAGMENT):
            page = viewer.get("/", **headers).text
            assert page.count("&lt;script&gt;alert(&#34;1&#34;)") >= 5
            assert "<script>" not in page
            assert "<img" not in page

    def test_nothing_of_a_payload_is_shown(self, viewer: Browser, engine: Engine) -> None:
        said = {"seq": 1, "source": "/services/secret", "id": "secret-id", "subject": "secret"}
        when = {"received_at": NOW, "time": NOW, "type": "app.momento.users.registered.v1"}
        plant(engine, "domain_events", said | when | {"data": '{"phone": "+4915199887766"}'})
        a_delivery(engine, 1, "dead", received_at=NOW)
        page = viewer.get().text
        assert "secret" not in page
        assert "4915199887766" not in page


class TestRenewal:
    def test_the_fragment_holds_the_pages_parts_and_no_more(
        self, viewer: Browser, engine: Engine
    ) -> None:
        a_worker(engine)
        page, fragment = viewer.get(), viewer.get("/", **FRAGMENT)
        assert fragment.text in page.text
        assert "<html" not in fragment.text
        assert "csrf" not in fragment.text
        assert fragment.headers["etag"] == page.headers["etag"]

    def test_what_has_not_changed_is_not_sent_again(self, viewer: Browser, engine: Engine) -> None:
        a_worker(engine)
        etag = viewer.get("/", **FRAGMENT).headers["etag"]
        again = viewer.get("/", **FRAGMENT, **{"If-None-Match": etag})
        assert (again.status_code, again.content) == (304, b"")

    def test_without_scripts_the_page_reloads(self, viewer: Browser) -> None:
        assert '<noscript><meta http-equiv="refresh" content="30"></noscript>' in viewer.get().text

    def test_looking_can_change_nothing(self, engine: Engine) -> None:
        context = Context(engine, clock=Clock(), place=Place())

        def change(session: Session) -> int:
            return execute(session, "DELETE FROM deliveries")

        with pytest.raises(DatabaseAwayError):
            asyncio.run(context.look(change))
        assert asyncio.run(context.write(change)) == 0
        context.close()
