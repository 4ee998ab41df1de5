"""Somebody acts: retries, discards, takes back, one by one and in bulk."""

import re
from datetime import timedelta

from playwright.sync_api import Page, expect

from tests.browser.axe import stumbles
from tests.browser.conftest import OpenPage
from tests.browser.scene import Site, kill, settle_pending, step
from tests.helpers.ledger import ask
from tests.helpers.pages import an_id

HOUR = timedelta(hours=1)


def states(site: Site, handler: str) -> dict[str, int]:
    """How many deliveries of a handler are in which state."""
    statement = """
        SELECT jsonb_object_agg(state, count) FROM (
            SELECT state, count(*) FROM deliveries WHERE handler = :handler GROUP BY state) AS held
    """
    found: dict[str, int] = ask(site.engine, statement, handler=handler)
    return found


def operation(page: Page) -> Page:
    """Wait until the page of an operation is shown."""
    page.wait_for_url("**/bulk/*")
    return page


class TestOne:
    def test_discard_and_undo_with_the_reason_kept(self, open_page: OpenPage, site: Site) -> None:
        (seq,) = kill(site.engine, "one.discard", "KeyError | one", count=1, ago=HOUR)
        page = open_page("operator", width=390)
        page.goto(f"/domain-events/{seq}")
        page.get_by_role("link", name="Copy as a test, or as an incident").click()
        incident = page.get_by_role("textbox", name="As an incident")
        expect(incident).to_have_value(re.compile(r"^one\.discard of .*: dead\n\nerror +KeyError"))
        page.get_by_role("button", name="Copy the incident").click()
        expect(page.get_by_text("Copied.")).to_be_visible()
        # Without a clipboard for us it is there to be selected.
        selected = "(area) => area.selectionStart === 0 && area.selectionEnd === area.value.length"
        assert incident.evaluate(selected)
        assert stumbles(page) == []
        page.goto(f"/domain-events/{seq}")
        page.get_by_text("Discard…").click()
        expect(page.get_by_text("Updates are paused")).to_be_visible()
        page.get_by_label("Why?").fill("the gathering is long over")
        page.get_by_role("button", name="Discard this delivery").click()
        expect(page.get_by_text("Within 30 days that can be undone.")).to_be_visible()
        assert states(site, "one.discard") == {"discarded": 1}
        page.get_by_role("button", name="Undo the discard").click()
        expect(page.get_by_text("It is dead again, as it was.")).to_be_visible()
        assert states(site, "one.discard") == {"dead": 1}
        page.goto("/audit?action=discard")
        expect(page.get_by_text("the gathering is long over")).to_be_visible()


class TestBulk:
    def test_a_canary_then_the_rest(self, open_page: OpenPage, site: Site) -> None:
        kill(site.engine, "bulk.retry", "KeyError | bulk", count=60, ago=HOUR)
        page = open_page("operator")
        page.goto("/dead")
        row = page.locator("[data-row]", has_text="bulk.retry")
        row.get_by_role("link", name="Retry all").click()
        expect(page.get_by_role("heading", name="Retry 60 deliveries")).to_be_visible()
        page.get_by_label("Why?").fill("mended in the last version")
        confirm = page.get_by_label("Type 60")
        confirm.fill("6")
        page.get_by_role("button", name="Retry 60 deliveries").click()
        expect(page.get_by_role("alert")).to_contain_text("Type 60")
        page.get_by_label("Why?").fill("mended in the last version")
        page.get_by_label("Type 60").fill("60")
        page.get_by_role("button", name="Retry 60 deliveries").click()
        operation(page)
        step(site.engine)
        assert states(site, "bulk.retry") == {"dead": 59, "pending": 1}
        expect(page.locator("main").get_by_text("One goes first")).to_be_visible()
        settle_pending(site.engine, "bulk.retry")
        step(site.engine)
        while step(site.engine):
            settle_pending(site.engine, "bulk.retry")
        step(site.engine)
        expect(page.get_by_text("60 of 60 dealt with")).to_be_visible()
        expect(page.locator("main").get_by_text("done", exact=True)).to_be_visible()
        assert stumbles(page) == []

    def test_too_many_failures_stop_it(self, open_page: OpenPage, site: Site) -> None:
        kill(site.engine, "bulk.stops", "KeyError | stops", count=10, ago=HOUR)
        page = open_page("operator")
        page.goto("/dead/preview?kind=retry&handler=bulk.stops")
        page.get_by_label("Why?").fill("worth a try")
        page.get_by_role("button", name="Retry 10 deliveries").click()
        operation(page)
        step(site.engine)
        settle_pending(site.engine, "bulk.stops", "failed")
        step(site.engine)
        expect(page.get_by_text("The first one failed again")).to_be_visible()
        assert states(site, "bulk.stops") == {"dead": 9, "failed": 1}

    def test_selected_ones_are_discarded_and_all_of_it_undone(
        self, open_page: OpenPage, site: Site
    ) -> None:
        kill(site.engine, "bulk.discard", "KeyError | discard", count=4, ago=HOUR)
        page = open_page("operator", width=390)
        page.goto("/dead/list?handler=bulk.discard")
        boxes = page.locator("[name=pick]")
        boxes.nth(0).check()
        boxes.nth(2).click(modifiers=["Shift"])
        page.get_by_role("button", name="Discard 3 selected…").click()
        page.get_by_label("Why?").fill("not worth it")
        page.get_by_role("button", name="Discard 3 deliveries").click()
        operation(page)
        step(site.engine)
        step(site.engine)
        assert states(site, "bulk.discard") == {"dead": 1, "discarded": 3}
        page.get_by_role("button", name="Undo: restore").click()
        expect(page.get_by_role("heading", name="Restore 3 deliveries")).to_be_visible()
        step(site.engine)
        step(site.engine)
        assert states(site, "bulk.discard") == {"dead": 4}

    def test_what_is_cancelled_is_left_alone(self, open_page: OpenPage, site: Site) -> None:
        kill(site.engine, "bulk.cancel", "KeyError | cancel", count=5, ago=HOUR)
        page = open_page("operator")
        page.goto("/dead/preview?kind=retry&handler=bulk.cancel")
        twice = open_page("operator")
        twice.goto("/dead/preview?kind=retry&handler=bulk.cancel")
        for each in (page, twice):
            each.get_by_label("Why?").fill("perhaps")
            each.get_by_role("button", name="Retry 5 deliveries").click()
            operation(each)
        expect(twice.get_by_text("Nothing new was begun: this one")).to_be_visible()
        assert twice.url.partition("?")[0] == page.url.partition("?")[0]
        page.get_by_role("button", name="Cancel the rest").click()
        expect(page.get_by_text("Cancelled: the rest was left alone.")).to_be_visible()
        step(site.engine)
        assert states(site, "bulk.cancel") == {"dead": 5}


class TestPeople:
    def test_reveal_with_a_reason_and_mask_again(self, open_page: OpenPage) -> None:
        page = open_page("operator", width=390)
        page.goto(f"/search?q={an_id('Ada')}")
        expect(page).to_have_url(re.compile(f"/people/{an_id('Ada')}"))
        personal = page.get_by_role("region", name="What is personal")
        expect(personal.get_by_text("masked")).to_have_count(7)
        page.get_by_text("Reveal for ten minutes…").click()
        expect(page.get_by_text("Updates are paused")).to_be_visible()
        page.get_by_label("Why?").fill("she asks why nothing came")
        page.get_by_role("button", name="Reveal what is personal").click()
        expect(personal.get_by_text("+4915112345678")).to_be_visible()
        assert stumbles(page) == []
        page.get_by_role("button", name="Mask it again").click()
        expect(personal.get_by_text("masked")).to_have_count(7)
        expect(page.get_by_text("“she asks why nothing came”")).to_be_visible()

    def test_what_is_shown_goes_after_ten_minutes_though_updates_are_paused(
        self, open_page: OpenPage
    ) -> None:
        page = open_page("operator")
        page.clock.install()
        page.goto(f"/people/{an_id('Bo')}")
        page.get_by_text("Reveal for ten minutes…").click()
        page.get_by_label("Why?").fill("he asks for his number")
        page.get_by_role("button", name="Reveal what is personal").click()
        shown = page.get_by_text("+4915112345678")
        expect(shown).to_be_visible()
        page.get_by_role("button", name="Pause").click()
        page.clock.fast_forward("09:00")
        expect(shown).to_be_visible()
        page.clock.fast_forward("02:00")
        expect(page.locator("main").get_by_text("Masked again")).to_be_visible()
        assert shown.count() == 0

    def test_erase_is_confirmed_by_typing(self, open_page: OpenPage) -> None:
        page = open_page("admin")
        page.goto(f"/people/{an_id('Cleo')}")
        page.get_by_role("link", name="Erase…").click()
        for typed in ("wrong", an_id("Cleo")[:8]):
            page.get_by_label("Why?").fill("she asked us to")
            page.get_by_label("Type").fill(typed)
            assert stumbles(page) == []
            page.get_by_role("button", name="Erase this person").click()
            if typed == "wrong":
                expect(page.get_by_role("alert")).to_contain_text("Type")
        expect(page.get_by_text("It is published")).to_be_visible()
        expect(page.get_by_text("“she asked us to”")).to_be_visible()


class TestAdmins:
    def test_a_key_is_shown_once_rotated_and_revoked(self, open_page: OpenPage) -> None:
        page = open_page("admin")
        page.keyboard.press("Shift+K")
        page.wait_for_url("**/keys")
        page.get_by_label("Whose it is").fill("browser-test")
        page.get_by_label("What it may publish").fill("kudos.give")
        page.get_by_role("button", name="Make this key").click()
        expect(page.get_by_role("alert")).to_contain_text("did you mean kudos.given?")
        page.get_by_label("What it may publish").fill("kudos.given payment.*")
        page.get_by_role("button", name="Make this key").click()
        secret = page.locator(".secret").inner_text()
        assert secret.startswith("momento_")
        assert stumbles(page) == []
        page.get_by_role("link", name="I have it").click()
        page.get_by_text("Rotate…").first.click()
        page.get_by_role("button", name="Make the one that follows browser-test").click()
        assert page.locator(".secret").inner_text() != secret
        page.get_by_role("link", name="I have it").click()
        expect(page.locator("[data-row]", has_text="browser-test")).to_have_count(2)
        page.get_by_text("Revoke…").first.click()
        page.get_by_label("Why?").first.fill("it leaked")
        page.get_by_role("button", name="Revoke browser-test").first.click()
        expect(page.get_by_text("It is of no use any more")).to_be_visible()
        assert secret not in page.content()

    def test_an_account_is_made_used_and_disabled(self, open_page: OpenPage) -> None:
        page = open_page("admin", width=390)
        page.goto("/accounts")
        page.get_by_label("Name, in small letters").fill("newcomer")
        page.get_by_role("button", name="Make this account").click()
        password = page.locator(".secret").inner_text()
        theirs = open_page()
        theirs.goto("/sign-in")
        theirs.get_by_label("Name").fill("newcomer")
        theirs.get_by_label("Password").fill(password)
        theirs.get_by_role("button", name="Sign in").click()
        theirs.get_by_role("navigation", name="Pages").wait_for()
        assert theirs.get_by_role("link", name="Accounts").count() == 0
        page.get_by_role("link", name="I have it").click()
        row = page.locator("[data-row]", has_text="newcomer")
        row.get_by_text("Disable…").click()
        row.get_by_label("Why?").fill("a test is over")
        row.get_by_role("button", name="Disable newcomer").click()
        expect(page.get_by_text("signed out everywhere")).to_be_visible()
        # Their page renews itself, and finds that they may not see it any more.
        expect(theirs.get_by_role("button", name="Sign in")).to_be_visible()


class TestViewers:
    def test_see_no_button_that_they_may_not_press(self, open_page: OpenPage, site: Site) -> None:
        (seq,) = kill(site.engine, "viewer.sees", "KeyError | viewer", count=1, ago=HOUR)
        page = open_page("viewer")
        for place in (f"/domain-events/{seq}", "/dead", "/dead/list?handler=viewer.sees"):
            page.goto(place)
            expect(page.locator("main").get_by_text("KeyError | viewer").first).to_be_visible()
            assert page.get_by_role("link", name="Retry").count() == 0
            assert page.locator("main").get_by_role("button").count() == 0
