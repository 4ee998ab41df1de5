"""A Chrome or Chromium that is installed; nothing is downloaded."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import pytest
from playwright.sync_api import Browser, sync_playwright

NAMES: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
MISSING: Final = (
    "The browser tests need Chrome or Chromium, and none was found. Install one"
    " (apt-get install chromium), or name it: CHROME=/path/to/chrome make test"
)
# Quiet: it asks nobody for anything by itself.
FLAGS: Final = (
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-domain-reliability",
    "--disable-sync",
    "--no-first-run",
    "--no-default-browser-check",
)


def find_chrome() -> str:
    """Where it is; ends the test run where there is none."""
    named = os.environ.get("CHROME")
    found = named or next((path for name in NAMES if (path := shutil.which(name))), None)
    if found is None:
        pytest.fail(MISSING, pytrace=False)
    return found


@contextmanager
def running_chrome() -> Iterator[Browser]:
    """Start it without a window; it is stopped when left."""
    # Chrome's own walls need rights that root inside a container doesn't have.
    walls = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=find_chrome(), headless=True, args=[*FLAGS, *walls]
        )
        try:
            yield browser
        finally:
            browser.close()
