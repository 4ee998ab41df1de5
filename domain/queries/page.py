"""Lists that grow come by the page, by keyset: a cursor says where the last page ended.

A cursor is opaque to whoever holds it: it comes as `Page.next` and goes back as `after`. Rows that
come or go in between neither repeat nor hide others, and page 1,000 costs what page 1 costs.
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as BinasciiError
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import isfinite
from typing import Final, Generic, TypeVar
from uuid import UUID

from domain.constants import PAGE_LIMIT

Item = TypeVar("Item")
Part = datetime | float | str

# Ours are shorter by far.
_CURSOR_LIMIT_CHARACTERS: Final = 500
_LEAST_ID: Final = "00000000-0000-0000-0000-000000000000"
_GREATEST_ID: Final = "ffffffff-ffff-ffff-ffff-ffffffffffff"


class BadCursorError(ValueError):
    """A cursor that none of our pages gave, or one of another list."""


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """Some of a list; `next` leads to what follows, and is None at the end."""

    items: Sequence[Item]
    next: str | None


@dataclass(frozen=True, slots=True)
class Order:
    """What a list is ordered by: how each value of a key is read, and the key before all rows."""

    readers: tuple[Callable[[str], Part | UUID], ...]
    start: tuple[str, ...]

    def after(self, cursor: str | None) -> tuple[str, ...]:
        """Give the key after which a page begins, as text that Postgres casts."""
        if cursor is None:
            return self.start
        try:
            # What is cut off can't be read.
            key = json.loads(urlsafe_b64decode(cursor[:_CURSOR_LIMIT_CHARACTERS].encode()))
            parts = [read(value) for read, value in zip(self.readers, key, strict=True)]
        # UnicodeEncodeError and JSONDecodeError are ValueErrors too.
        except (AttributeError, BinasciiError, TypeError, ValueError):
            raise BadCursorError("this cursor is not one of this list's") from None
        # Written anew: what Python can read, Postgres might not.
        return tuple(map(_written, parts))


def _instant(value: str) -> datetime:
    moment = datetime.fromisoformat(value)
    if moment.tzinfo is None:
        raise ValueError(value)
    return moment


def _number(value: str) -> float:
    number = float(value)
    if not isfinite(number):
        raise ValueError(value)
    return number


NEWEST_FIRST: Final = Order((_instant, UUID), ("infinity", _GREATEST_ID))
SOONEST_FIRST: Final = Order((_instant, UUID), ("-infinity", _LEAST_ID))
BEST_FIRST: Final = Order((_number, UUID), ("infinity", _GREATEST_ID))
NEWEST_PAIRS_FIRST: Final = Order((_instant, UUID, UUID), ("infinity", _GREATEST_ID, _GREATEST_ID))
BY_ID: Final = Order((UUID,), (_LEAST_ID,))


def one_more(limit: int) -> int:
    """Give how many rows to read for a page: one beyond it says whether there is a next."""
    if not 1 <= limit <= PAGE_LIMIT:
        raise ValueError(f"a page has between 1 and {PAGE_LIMIT} items")
    return limit + 1


def page(found: Iterable[Item], limit: int, *, key: Callable[[Item], Sequence[Part]]) -> Page[Item]:
    """Make a page of up to one item more than it holds; `key` gives an item's place."""
    items = list(found)
    if len(items) <= limit:
        return Page(tuple(items), None)
    items = items[:limit]
    return Page(tuple(items), _cursor(key(items[-1])))


def _cursor(key: Sequence[Part]) -> str:
    return urlsafe_b64encode(json.dumps([*map(_written, key)]).encode()).decode()


def _written(part: Part | UUID) -> str:
    return part.isoformat() if isinstance(part, datetime) else str(part)
