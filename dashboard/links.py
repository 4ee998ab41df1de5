"""Links within the dashboard: paths that are surely ours, and paths with a query."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlencode, urlsplit

HOME: Final = "/"
# A path that is longer was made up.
LONGEST: Final = 2_000


def own_path(text: str) -> str:
    r"""The path that a form or link names to go on to, if it is one of ours; else the first page.

    Browsers read `//host` and `/\host` as another site's, and skip tabs and line ends.
    """
    if not text.startswith("/") or text.startswith("//") or len(text) > LONGEST:
        return HOME
    if "\\" in text or not text.isprintable() or not text.isascii():
        return HOME
    try:
        parts = urlsplit(text)
    except ValueError:
        return HOME
    return HOME if parts.scheme or parts.netloc else text


def with_query(path: str, values: Mapping[str, object] | None = None, **more: object) -> str:
    """A path with `values` and `more` as its query; what is None or empty is left out."""
    given = {**(values or {}), **more}
    said = {name: str(value) for name, value in given.items() if value not in (None, "")}
    return f"{path}?{urlencode(said)}" if said else path
