"""Somebody holds work back and lets it go on: lanes, handlers, schedules."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect
from sqlalchemy import text

from dashboard.collecting import Collector
from domain.figures import names
from domain.figures.buckets import COUNT
from domain.lanes import LANES
from tests.browser.axe import stumbles
from tests.browser.conftest import OpenPage
from tests.browser.scene import Site
from tests.helpers.ledger import ask
from tests.integration.dashboard.scene import plant
from workers.measuring import Measures
from workers.pausing import Pauses
from workers.reporting import Presence, Reporter


@pytest.fixture
def worker(site: Site) -> Iterator[Reporter]:
    """One that says that it lives when it is told to, and has measured something."""
    reporter = Reporter(
        site.engine, Presence("worker", LANES, pauses=Pauses()), measures=Measures()
    )
    reporter.beat()
    yield reporter
    with site.engine.begin() as connection:
        connection.execute(text("TRUNCATE processes, figures, pauses, deploys"))


class TestLanes:
    def test_pause_until_confirmed_and_resume(
        self, open_page: OpenPage, site: Site, worker: Reporter
    ) -> None:
        page = open_page("operator", width=390)
        page.goto("/lanes/seats")
        page.get_by_text("Pause this lane or one of its handlers…").click()
        page.get_by_label("For how long").select_option("4h")
        page.get_by_label("Why?").fill("the provider is down")
        page.locator("main").get_by_role("button", name="Pause").click()
        notice = page.locator("main .notice")
        expect(notice).to_contain_text("pausing: 0 of 1 workers have confirmed")
        expect(notice).to_contain_text("the provider is down")
        assert stumbles(page) == []
        worker.beat()
        expect(notice).to_contain_text("seats is paused by operator")
        page.goto("/dead")
        Collector(site.engine, None).look()
        banner = page.get_by_role("list", name="What is paused")
        expect(banner).to_contain_text("seats is paused by operator since")
        expect(banner).to_contain_text("“the provider is down”. It goes on at")
        expect(page.locator("#announcement")).to_have_text("seats is paused by operator.")
        page.goto("/lanes/seats")
        # It tells so by itself, with the way to end it.
        expect(banner).to_have_count(0)
        page.get_by_role("button", name="Resume seats").click()
        expect(
            page.get_by_text("It goes on. What is due is begun within a second.")
        ).to_be_visible()
        assert ask(site.engine, "SELECT count(*) FROM pauses") == 0
        page.goto("/dead")
        Collector(site.engine, None).look()
        page.keyboard.press("r")
        expect(page.locator("#announcement")).to_have_text("Nothing is paused any more.")
        expect(banner).to_have_count(0)
        page.goto("/audit?action=pause")
        expect(page.get_by_text("the provider is down")).to_be_visible()

    def test_of_two_who_pause_the_second_is_told_and_may_replace_it(
        self, open_page: OpenPage, site: Site, worker: Reporter
    ) -> None:
        del worker
        first, second = open_page("operator"), open_page("operator")
        for page in (first, second):
            page.goto("/lanes/seats")
            page.get_by_text("Pause this lane or one of its handlers…").click()
            page.get_by_label("Why?").fill("the provider is down")
        for page in (first, second):
            page.locator("main").get_by_role("button", name="Pause").click()
        expect(first.locator("main .notice")).to_contain_text("seats is")
        expect(second.get_by_text("seats is paused already, by operator until")).to_be_visible()
        first.get_by_text("Replace this pause…").click()
        assert stumbles(first) == []
        first.locator("main .notice").get_by_label("Why?").fill("a longer backup")
        first.get_by_role("button", name="Replace the pause of seats").click()
        expect(first.locator("main .notice")).to_contain_text("a longer backup")
        assert ask(site.engine, "SELECT why FROM pauses") == "a longer backup"

    @pytest.mark.parametrize("dark", [False, True])
    def test_charts_have_a_sentence_and_a_table(
        self, open_page: OpenPage, site: Site, worker: Reporter, *, dark: bool
    ) -> None:
        del worker
        at = datetime.now(UTC).replace(second=0, microsecond=0)
        common = {"span": "minute", "at": at, "total_s": 0, "count": 40}
        of = ["kudos.apply_kudos_given", "afterwards"]
        for name, labels, buckets in (
            (names.SETTLED.name, [*of, "done"], None),
            (names.WAIT.name, of, [40] + [0] * (COUNT - 1)),
        ):
            plant(
                site.engine,
                "figures",
                common | {"name": name, "labels": labels, "buckets": buckets},
            )
        plant(site.engine, "deploys", {"at": at, "version": "9f3c<b>"})
        page = open_page("viewer", dark=dark)
        page.goto("/lanes/afterwards")
        expect(page.locator("#chart-sentence")).to_contain_text("Deployed: 9f3c<b> at")
        expect(page.get_by_text("40 tries in the last 1h, none failed")).to_be_visible()
        expect(page.locator("#chart-rates canvas")).to_be_visible()
        page.keyboard.press("r")
        expect(page.locator("#chart-rates canvas")).to_have_count(1)
        page.get_by_text("The same as a table").click()
        expect(page.get_by_role("row", name="40")).to_have_count(2)
        expect(page.get_by_role("button", name="Pause", exact=True)).to_have_count(1)
        assert stumbles(page) == []
        page.get_by_role("link", name="24h").click()
        expect(page).to_have_url(f"{site.url}/lanes/afterwards?period=24h")


@pytest.fixture
def schedule(site: Site) -> Iterator[str]:
    """A schedule that failed when it last ran."""
    hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    every = timedelta(hours=1)
    line = {"name": "tea.make", "every": every, "at": timedelta(), "sentence": "Makes tea."}
    plant(site.engine, "schedules", line)
    for ago, result in ((3, "done"), (1, "done"), (0, "failed")):
        at = hour - ago * every
        tick = {"schedule": "tea.make", "planned_at": at, "started_at": at, "result": result}
        plant(site.engine, "ticks", tick | {"took_ms": 8})
    yield "tea.make"
    with site.engine.begin() as connection:
        connection.execute(text("TRUNCATE schedules, ticks"))


class TestSchedules:
    def test_run_now_pause_and_resume(self, open_page: OpenPage, site: Site, schedule: str) -> None:
        page = open_page("operator", width=390, dark=True)
        page.goto("/schedules")
        row = page.locator("[data-row]", has_text=schedule)
        expect(row).to_contain_text("3 runs, 1 of them not done, the newest of these failed")
        expect(row.locator("[data-label=Missed]")).to_have_text("1")
        row.get_by_text("Do…").click()
        assert stumbles(page) == []
        row.get_by_role("button", name=f"Run {schedule} now").click()
        expect(page.get_by_text("runs it within a second or two")).to_be_visible()
        assert ask(site.engine, "SELECT asked_at IS NOT NULL FROM schedules")
        row.get_by_text("Do…").click()
        row.get_by_label("Why?").fill("the kettle leaks")
        row.get_by_role("button", name=f"Pause {schedule}").click()
        expect(row).to_contain_text("the kettle leaks")
        row.get_by_text("Do…").click()
        row.get_by_role("button", name=f"Resume {schedule}").click()
        expect(page.get_by_text("It runs again.")).to_be_visible()
        assert ask(site.engine, "SELECT paused_until <= now() FROM schedules")

    def test_viewers_see_no_buttons(self, open_page: OpenPage, schedule: str) -> None:
        page = open_page("viewer")
        page.goto("/schedules")
        expect(page.locator("[data-row]", has_text=schedule)).to_be_visible()
        expect(page.get_by_text("Do…")).to_have_count(0)
