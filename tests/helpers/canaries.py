"""Puts values into domain events that are found again wherever they end up."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from itertools import count
from typing import Any, Final

from pydantic import ValidationError
from pydantic_core import from_json, to_json
from sqlalchemy import Engine, text

from domain.envelope import Envelope
from domain.payload import Payload
from domain.personal import Spot, spots

# Phone numbers can't hold the word, so theirs begin with digits that nobody else's have.
WORD: Final = "canary"
AREA: Final = "+1999555"
# How a value looks, and a canary that looks like it.
KINDS: Final[Sequence[tuple[Callable[[str], bool], Callable[[int], str]]]] = (
    (lambda value: value.startswith("+"), lambda number: f"{AREA}{number:05}"),
    (lambda value: value.startswith("http"), lambda number: f"https://{WORD}.example/{number}"),
    (lambda value: "PushToken[" in value, lambda number: f"ExponentPushToken[{WORD}-{number}]"),
    (lambda value: "@" in value, lambda number: f"{WORD}-{number}@example.org"),
    (lambda _: True, lambda number: f"{WORD} {number}"),
)


def with_canaries(told: Sequence[Envelope], people: Collection[str]) -> list[Envelope]:
    """Give the domain events with every personal value of these people replaced by a canary.

    A word of an enumeration or a date stays as it is: no other is valid there.
    """
    number = count(1)
    marked = []
    for page in told:
        payload = Payload.OF_TYPE[page.type]
        data = from_json(page.data)
        for spot in spots(payload, data):
            if spot.person in people:
                _try(payload, data, spot, next(number))
        marked.append(
            replace(page, data=payload.parse(to_json(data)).model_dump_json(exclude_unset=True))
        )
    return marked


def _try(payload: type[Payload], data: dict[str, Any], spot: Spot, number: int) -> None:
    """Put a canary where one is valid."""
    before = spot.value
    spot.put(_canary(before, number))
    try:
        payload.parse(to_json(data))
    except ValidationError:
        spot.put(before)


def _canary(value: Any, number: int) -> Any:
    """Make a value of the same kind."""
    if isinstance(value, list):
        return [_canary(each, number) for each in value]
    if isinstance(value, dict):
        return {WORD: f"{WORD}-{number}"}
    if not isinstance(value, str):
        return value
    return next(make(number) for looks, make in KINDS if looks(value))


def found_in(engine: Engine) -> dict[str, list[str]]:
    """Give the rows of each table that hold a canary."""
    with engine.connect() as connection:
        tables = connection.execute(
            text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        )
        found = {
            table: [
                row
                for (row,) in connection.execute(
                    text(f'SELECT kept::text FROM "{table}" AS kept WHERE kept::text ~ :canary'),
                    {"canary": rf"{WORD}|\{AREA}"},
                )
            ]
            for (table,) in tables
        }
    return {table: rows for table, rows in found.items() if rows}
