"""Somebody holds work back and lets it go on: lanes, handlers."""

from collections.abc import Iterator
from datetime import UTC, datetime

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
        connection.execute(text("TRUNCATE processes, figures, pauses"))


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
        Collector(site.engine, None).look()
        page.goto("/")
        expect(notice).to_contain_text("seats is paused")
        page.goto("/lanes/seats")
        page.get_by_role("button", name="Resume seats").click()
        expect(
            page.get_by_text("It goes on. What is due is begun within a second.")
        ).to_be_visible()
        assert ask(site.engine, "SELECT count(*) FROM pauses") == 0
        page.goto("/audit?action=pause")
        expect(page.get_by_text("the provider is down")).to_be_visible()

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
        page = open_page("viewer", dark=dark)
        page.goto("/lanes/afterwards")
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
