"""A real browser at a real dashboard. Whatever a page complains of, or asks elsewhere, fails."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect

from dashboard.__main__ import server_config
from dashboard.app import make_app
from dashboard.context import Place
from tests.browser.chrome import running_chrome
from tests.browser.scene import PASSWORD, Site, a_journal, furnish
from tests.helpers.postgres import PostgresServer
from tests.helpers.roles import acting_as
from tests.helpers.serving import serving

# A page that waits longer on this machine is broken.
PATIENCE_MS = 20_000
# The browser itself says so of a form or an address that was refused, and of an ended session.
REFUSALS = (
    "status of 400 (Bad Request)",
    "status of 401 (Unauthorized)",
    "status of 409 (Conflict)",
)
OpenPage = Callable[..., Page]


@pytest.fixture(scope="module")
def chrome() -> Iterator[Browser]:
    """One for the tests of a file: while it runs, no other test could have an event loop."""
    expect.set_options(timeout=PATIENCE_MS)
    with running_chrome() as browser:
        yield browser


@pytest.fixture(scope="session")
def site(
    postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    """A furnished dashboard for this test process."""
    with postgres_server.engine(pool_size=6) as engine:
        furnish(engine)
        place = Place(journal=a_journal(tmp_path_factory.mktemp("sandbox")))
        app = make_app(acting_as(engine, "dashboard"), place=place)
        with serving(app, server_config) as address:
            yield Site(address, engine)


@pytest.fixture
def open_page(chrome: Browser, site: Site) -> Iterator[OpenPage]:
    """Open a page in a browser of its own, signed in as a role if one is named."""
    complaints: list[str] = []
    with ExitStack() as stack:

        def open_(role: str = "", *, width: int = 1280, dark: bool = False) -> Page:
            context = chrome.new_context(
                base_url=site.url,
                viewport={"width": width, "height": 900},
                color_scheme="dark" if dark else "light",
            )
            stack.callback(context.close)
            page = _watched(context, complaints, site.url)
            if role:
                sign_in(page, role)
            return page

        yield open_
    assert complaints == []


def sign_in(page: Page, role: str) -> None:
    """Sign in with the form; the account goes by the role's name."""
    page.goto("/sign-in")
    page.get_by_label("Name").fill(role)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("navigation", name="Pages").wait_for()
    # Its scripts, which listen for keys, have run by then.
    page.wait_for_load_state("load")


def _watched(context: BrowserContext, complaints: list[str], home: str) -> Page:
    """Write down errors of the page, and what it asks of anybody else."""
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    host = urlsplit(home).netloc

    def look(url: str) -> None:
        if urlsplit(url).scheme in ("http", "https", "ws") and urlsplit(url).netloc != host:
            complaints.append(f"asked {url}")

    page.on("request", lambda request: look(request.url))
    page.on("pageerror", lambda error: complaints.append(f"raised {error}"))

    def hear(said: ConsoleMessage) -> None:
        is_refusal = any(each in said.text for each in REFUSALS)
        if said.type in ("error", "warning") and not is_refusal:
            complaints.append(f"{said.type}: {said.text} at {page.url}")

    page.on("console", hear)
    return page
