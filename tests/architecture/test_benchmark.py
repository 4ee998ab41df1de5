"""The benchmark of the dashboard asks for every page that there is."""

from typing import Final

from bench.board.places import places
from dashboard.app import ROUTES
from dashboard.permissions import DeclaredRoute
from dashboard.problems import API

# What isn't a page, and the sandbox's phones, which no installation with millions of rows has.
NO_PAGES: Final = {"/livez", "/readyz", "/sign-in", "/live", "/notifications/sandbox"}


def test_every_page_is_timed() -> None:
    timed = [path.partition("?")[0] for path in places(1_000).values()]
    untimed = [route.path for route in _pages() if not any(map(route.path_regex.match, timed))]
    assert not untimed, f"Please add these to `places` in bench/board/places.py: {untimed}"


def _pages() -> list[DeclaredRoute]:
    gets = [route for route in ROUTES if "GET" in (route.methods or ())]
    return [
        route for route in gets if route.path not in NO_PAGES and not route.path.startswith(API)
    ]
