"""The files that browsers get besides pages: each is known by its hash and kept for a year."""

import hashlib
from functools import cache
from pathlib import Path
from typing import Final

STATIC: Final = Path(__file__).with_name("static")
BELOW: Final = "/static/"
DIGITS: Final = 16


@cache
def asset(name: str) -> str:
    """The URL of a file in `static/`, which changes when the file does."""
    return f"{BELOW}{name}?v={_version(name)}"


def is_current(path: str, version: str | None) -> bool:
    """Whether a request names the file as it is now, so that the answer may be kept."""
    name = path.removeprefix(BELOW)
    return version is not None and (STATIC / name).is_file() and version == _version(name)


@cache
def _version(name: str) -> str:
    return hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:DIGITS]
