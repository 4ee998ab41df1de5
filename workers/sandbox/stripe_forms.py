"""How Stripe is asked: forms whose names have brackets, such as `metadata[user_id]`."""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final
from urllib.parse import parse_qsl

from workers.sandbox.http import Asked

PART: Final = re.compile(r"[^\[\]]+")


def form_of(asked: Asked) -> dict[str, Any]:
    """Read what is asked, from the address or from the body."""
    if asked.method == "GET":
        return read_pairs((name, each) for name, values in asked.query.items() for each in values)
    return read_form(asked.body.decode(errors="replace"))


def fingerprint_of(asked: Asked) -> str:
    """Give what makes two requests the same."""
    return fingerprint(asked.method, asked.path, form=form_of(asked))


def fingerprint(method: str, path: str, *, form: Mapping[str, Any]) -> str:
    """Give what makes a request the same as another."""
    return json.dumps([method, path, form], sort_keys=True)


def read_form(text: str) -> dict[str, Any]:
    """Read a form or a query: names with brackets become objects, numbered ones lists."""
    return read_pairs(parse_qsl(text, keep_blank_values=True))


def read_pairs(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Put names with brackets into one another."""
    said: dict[str, Any] = {}
    for name, value in pairs:
        *path, last = PART.findall(f"{name[:-2]}[+]" if name.endswith("[]") else name) or [name]
        inner = said
        for part in path:
            found = inner.setdefault(part, {})
            if not isinstance(found, dict):
                break
            inner = found
        inner[str(len(inner)) if last == "+" else last] = value
    return {name: _as_list(value) for name, value in said.items()}


def _as_list(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    inner = {name: _as_list(each) for name, each in value.items()}
    return [*inner.values()] if inner and all(name.isdecimal() for name in inner) else inner
