"""Somebody looks: every page, both widths, light and dark, with keys alone, while things change."""

import time
from collections.abc import Iterable
from datetime import timedelta
from itertools import pairwise
from typing import Final, Literal
from urllib.parse import parse_qsl, urlsplit

from playwright.sync_api import Page, Request, expect

from tests.browser.axe import stumbles
from tests.browser.conftest import OpenPage, sign_in
from tests.browser.scene import KUDOS, Site, kill, remember
from tests.helpers.pages import an_id

DAY = timedelta(days=1)
LOOKS: Final[tuple[tuple[int, Literal["light", "dark"]], ...]] = ((1280, "light"), (390, "dark"))
NARROWEST = 320
PLACES = (
    "/",
    "/?at=0m",
    "/deliveries",
    "/deliveries?state=rejected&since=1h",
    "/dead",
    "/dead/list",
    "/dead/list?handler=nobody",
    "/dead/preview?kind=retry",
    "/dead/preview?kind=discard&handler=nobody",
    "/domain-events/12",
    "/bulk",
    "/lanes",
    "/lanes/afterwards",
    "/lanes/plans?period=7d",
    "/schedules",
    "/workers",
    "/outbox",
    "/promises",
    "/runbook",
    "/audit",
    "/audit?actor=nobody",
    "/search?q=nothing-goes-by-this",
    "/notifications",
    "/notifications?state=scheduled&since=1h",
    "/notifications/sandbox",
    "/people",
    "/catalogue",
    "/catalogue?only=nobody+handles",
    "/catalogue/kudos.given",
    f"/people/{an_id('Ada')}",
    f"/gatherings/{an_id('drinks')}",
)

ADMINS = ("/keys", "/accounts", f"/people/{an_id('Bo')}/erase")


def overflows(page: Page) -> bool:
    """Whether the page has to be moved sideways."""
    return bool(page.evaluate("document.documentElement.scrollWidth > innerWidth"))


def look_around(page: Page, places: Iterable[str]) -> dict[str, list[str]]:
    """Open each place in each look, and at the narrowest; what is wrong, where anything is."""
    found: dict[str, list[str]] = {}
    for place in places:
        page.goto(place)
        for width, look in LOOKS:
            page.set_viewport_size({"width": width, "height": 900})
            # Colours are looked at as they stay, not on their way.
            page.emulate_media(color_scheme=look, reduced_motion="reduce")
            found[f"{place} {look}"] = stumbles(page)
        page.set_viewport_size({"width": NARROWEST, "height": 900})
        found[f"{place} at {NARROWEST}"] = ["wider than the screen"] if overflows(page) else []
    return {where: each for where, each in found.items() if each}


class TestEveryPage:
    def test_can_be_used_by_all_in_every_look(self, open_page: OpenPage, site: Site) -> None:
        kill(site.engine, KUDOS, "KeyError | looking", count=3, ago=DAY)
        remember(site.engine)
        page = open_page()
        found = look_around(page, ("/sign-in",))
        sign_in(page, "operator")
        found |= look_around(page, PLACES)
        assert found == {}

    def test_admins_have_pages_of_their_own(self, open_page: OpenPage) -> None:
        assert look_around(open_page("admin"), ADMINS) == {}

    def test_has_a_title_and_a_heading_of_its_own(self, open_page: OpenPage) -> None:
        page = open_page("viewer")
        titles = set()
        for place in (
            "/",
            "/deliveries",
            "/dead",
            "/bulk",
            "/audit",
            "/domain-events/12",
            "/notifications",
        ):
            page.goto(place)
            titles.add(page.title())
            expect(page.get_by_role("heading", level=1)).to_have_count(1)
        assert len(titles) == 7


class TestFilters:
    def test_a_form_that_is_sent_is_the_url(self, open_page: OpenPage, site: Site) -> None:
        kill(site.engine, "filters.mine", "KeyError | filters", count=2, ago=DAY)
        kill(site.engine, "filters.mine", "OSError | filters", count=1, ago=DAY)
        page = open_page("viewer")
        page.goto("/deliveries")
        page.get_by_label("State").select_option("dead")
        page.get_by_label("Handler").fill("filters.mine")
        page.get_by_label("Kind of error").fill("KeyError | filters")
        page.get_by_role("button", name="Filter").click()
        expect(page.locator("[data-row]")).to_have_count(2)
        assert set(parse_qsl(urlsplit(page.url).query)) == {
            ("state", "dead"),
            ("handler", "filters.mine"),
            ("error", "KeyError | filters"),
        }
        page.reload()
        expect(page.get_by_label("State")).to_have_value("dead")
        page.get_by_label("Received since").fill("1h")
        page.keyboard.press("Enter")
        expect(page.get_by_text("Nothing like that")).to_be_visible()
        page.get_by_role("link", name="Clear", exact=True).click()
        expect(page).to_have_url(f"{site.url}/deliveries")

    def test_a_phone_shows_them_when_asked_and_a_wide_page_always(
        self, open_page: OpenPage
    ) -> None:
        page = open_page("viewer")
        paused = page.get_by_text("Updates are paused")
        page.set_viewport_size({"width": NARROWEST, "height": 900})
        page.goto("/deliveries?state=dead")
        expect(page.get_by_label("Handler")).to_be_hidden()
        page.get_by_text("Filter by state").click()
        expect(page.get_by_label("Handler")).to_be_visible()
        expect(paused).to_be_visible()
        page.set_viewport_size({"width": 1200, "height": 900})
        expect(page.get_by_label("Handler")).to_be_visible()
        expect(paused).to_be_hidden()

    def test_what_cannot_be_read_is_said_where_it_stands(self, open_page: OpenPage) -> None:
        page = open_page("viewer")
        page.goto("/deliveries?since=yesterday")
        expect(page.locator("main")).to_contain_text("since")


class TestKeys:
    def test_find_a_dead_letter_and_retry_it(self, open_page: OpenPage, site: Site) -> None:
        (seq,) = kill(site.engine, "keys.alone", "KeyError | keys", count=1, ago=DAY)
        page = open_page("operator")
        page.keyboard.press("/")
        expect(page.get_by_role("searchbox")).to_be_focused()
        page.keyboard.type(f"#{seq}")
        page.keyboard.press("Enter")
        expect(page).to_have_url(f"{site.url}/domain-events/{seq}")
        button = page.get_by_role("button", name="Retry this handler")
        for _ in range(30):
            page.keyboard.press("Tab")
            if button.evaluate("(each) => each === document.activeElement"):
                break
        page.keyboard.press("Enter")
        expect(page.get_by_text("It will be tried again now.")).to_be_visible()
        expect(page.locator("main").get_by_text("pending", exact=True)).to_be_visible()

    def test_pages_rows_and_help(self, open_page: OpenPage, site: Site) -> None:
        page = open_page("viewer")
        page.keyboard.press("Shift+D")
        expect(page).to_have_url(f"{site.url}/deliveries")
        page.keyboard.press("j")
        first = page.locator("[data-row]").first.get_by_role("link").first
        expect(first).to_be_focused()
        page.keyboard.press("?")
        dialog = page.get_by_role("dialog", name="Keys")
        expect(dialog).to_be_visible()
        dialog.get_by_label("Use these keys").uncheck()
        page.keyboard.press("Escape")
        expect(dialog).to_be_hidden()
        page.keyboard.press("Shift+X")
        expect(page).to_have_url(f"{site.url}/deliveries")

    def test_dark_is_remembered(self, open_page: OpenPage) -> None:
        page = open_page("viewer")
        page.keyboard.press("t")
        expect(page.locator("html")).to_have_attribute("data-theme", "dark")
        page.goto("/dead")
        expect(page.locator("html")).to_have_attribute("data-theme", "dark")
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(19, 20, 25)"


class TestRenewal:
    def test_what_changes_shows_by_itself_and_never_sooner_than_was_chosen(
        self, open_page: OpenPage, site: Site
    ) -> None:
        page, asked = open_page("viewer"), list[float]()
        page.goto("/dead")
        page.get_by_label("Renew").select_option("2")

        def note(request: Request) -> None:
            if "hx-request" in request.headers:
                asked.append(time.monotonic())

        page.on("request", note)
        row = page.locator("[data-row]", has_text="renewal.by_itself")
        for count in (7, 14, 21):
            kill(site.engine, "renewal.by_itself", "KeyError | renewal", count=7, ago=timedelta())
            expect(row.locator("[data-label=All]")).to_have_text(str(count))
        assert all(after - before > 1.9 for before, after in pairwise(asked))

    def test_it_waits_while_rows_are_selected(self, open_page: OpenPage, site: Site) -> None:
        kill(site.engine, "renewal.waits", "KeyError | waits", count=2, ago=DAY)
        page = open_page("operator")
        page.goto("/dead/list?handler=renewal.waits")
        page.get_by_role("checkbox").nth(1).check()
        expect(page.get_by_text("Updates are paused: rows are selected.")).to_be_visible()
        expect(page.get_by_role("button", name="Retry 1 selected…")).to_be_enabled()
        kill(site.engine, "renewal.waits", "KeyError | waits", count=1, ago=DAY)
        page.keyboard.press("r")
        expect(page.locator("[data-row]")).to_have_count(2)
        expect(page.get_by_role("checkbox").nth(1)).to_be_checked()
        page.get_by_role("checkbox").nth(1).uncheck()
        expect(page.locator("[data-row]")).to_have_count(3)
        expect(page.get_by_text("Updates are paused")).to_be_hidden()

    def test_new_rows_wait_to_be_asked_for(self, open_page: OpenPage, site: Site) -> None:
        kill(site.engine, "renewal.still", "KeyError | still", count=2, ago=DAY)
        page = open_page("viewer")
        page.goto("/deliveries?handler=renewal.still")
        expect(page.locator("[data-row]")).to_have_count(2)
        kill(site.engine, "renewal.still", "KeyError | still", count=3, ago=DAY)
        page.get_by_role("link", name="Show 3 new").click()
        expect(page.locator("[data-row]")).to_have_count(5)

    def test_whoever_is_signed_out_is_asked_to_sign_in(
        self, open_page: OpenPage, site: Site
    ) -> None:
        page = open_page("viewer")
        page.context.clear_cookies(name="momento-session")
        page.keyboard.press("r")
        page.wait_for_url("**/sign-in")
