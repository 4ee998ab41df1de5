"""A dashboard on a database of its own, whose clock moves only when told to."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import httpx
import pytest
from sqlalchemy import Engine

from dashboard.__main__ import server_config
from dashboard.app import make_app
from tests.helpers.roles import acting_as
from tests.helpers.serving import serving
from tests.integration.dashboard.scene import Browser, Clock, a_session, an_account


@pytest.fixture
def clock() -> Clock:
    """The dashboard's."""
    return Clock()


@pytest.fixture
def address(engine: Engine, clock: Clock) -> Iterator[str]:
    """Where the dashboard is."""
    with serving(make_app(acting_as(engine, "dashboard"), clock=clock), server_config) as url:
        yield url


@pytest.fixture
def open_browser(address: str) -> Iterator[Callable[[], Browser]]:
    """Make a browser that knows nobody yet."""
    with ExitStack() as stack:
        yield lambda: Browser(stack.enter_context(httpx.Client(base_url=address, timeout=30)))


@pytest.fixture
def stranger(open_browser: Callable[[], Browser]) -> Browser:
    """Somebody who hasn't signed in."""
    return open_browser()


@pytest.fixture
def viewer(open_browser: Callable[[], Browser], engine: Engine) -> Browser:
    """Ada, signed in."""
    an_account(engine)
    browser = open_browser()
    browser.client.cookies.set("momento-session", a_session(engine), domain="127.0.0.1")
    return browser
