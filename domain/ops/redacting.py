"""Makes the data of domain events shareable: no text that somebody wrote, no value of a person.

What the schema says decides, and what it doesn't name is left out: times, numbers, truths and words
of the code stay; ids are replaced by others, the same each time, so that what belongs together
still does; all other texts and whatever is personal are made up.
"""

from collections.abc import Mapping
from itertools import count
from typing import Any, Final

from domain.examples import Schema, example_value
from domain.payload import Payload
from domain.schemas import json_schema
from domain.zones import ZONES

PLACES: Final = ("latitude", "longitude")
CURRENCY: Final = r"^[a-z]{3}$"


class StandIns:
    """Ids that stand in for others, in the order in which they are asked for."""

    def __init__(self) -> None:
        """None was asked for yet."""
        self._known: dict[str, str] = {}
        self._numbers = count(1)

    def of(self, real: str) -> str:
        """Give what stands in for an id."""
        key = real.lower()
        if key not in self._known:
            self._known[key] = f"018f0000-0000-7000-8000-{next(self._numbers):012d}"
        return self._known[key]


class Redaction:
    """Redacts domain events one after another; what is made up differs from one to the next."""

    def __init__(self) -> None:
        """Begin a copy; its ids lead nowhere else."""
        self.ids = StandIns()
        self._number = 0

    def data(self, payload: type[Payload], data: Mapping[str, Any]) -> dict[str, Any]:
        """Give the data of a domain event as it may be shown to anybody."""
        self._number += 1
        schema = json_schema(payload)
        fields, definitions = schema["properties"], schema.get("$defs", {})
        return {
            name: self._value(name, value, schema=fields[name], definitions=definitions)
            for name, value in data.items()
            if name in fields
        }

    def _value(self, name: str, value: Any, *, schema: Schema, definitions: Schema) -> Any:
        shape = _resolved(schema, definitions)
        is_personal = schema.get("x-personal") or shape.get("x-personal")
        if value is None:
            return None
        if isinstance(value, list | dict) and not is_personal:
            return self._parts(name, value, shape=shape, definitions=definitions)
        if isinstance(value, str) and shape.get("format") == "uuid" and not is_personal:
            return self.ids.of(value)
        # Where somebody was is theirs; made up alike, two places still are one.
        if is_personal or name in PLACES or not _is_plain(name, value, shape=shape):
            return self._made_up(name, shape=shape, definitions=definitions)
        return value

    def _parts(
        self, name: str, value: list[Any] | dict[str, Any], *, shape: Schema, definitions: Schema
    ) -> Any:
        """Redact what a list or an object holds; made up where nothing says what that is."""
        if isinstance(value, list) and "items" in shape:
            items = shape["items"]
            return [
                self._value(name, each, schema=items, definitions=definitions) for each in value
            ]
        if isinstance(value, dict) and "properties" in shape:
            known = shape["properties"]
            return {
                key: self._value(key, each, schema=known[key], definitions=definitions)
                for key, each in value.items()
                if key in known
            }
        return self._made_up(name, shape=shape, definitions=definitions)

    def _made_up(self, name: str, *, shape: Schema, definitions: Schema) -> Any:
        """Make up a value; what must be another for everybody is."""
        made_up = example_value(name, shape, definitions=definitions)
        if name == "clerk_id":
            return f"clerk-{self._number}"
        if isinstance(made_up, str) and made_up.startswith("+49"):
            return f"+49151{self._number:08d}"
        if isinstance(made_up, str) and made_up.endswith("@example.com"):
            return f"ana{self._number}@example.com"
        if isinstance(made_up, str) and made_up.startswith("ExponentPushToken["):
            return f"ExponentPushToken[example{self._number}]"
        return made_up


def _resolved(schema: Schema, definitions: Schema) -> Schema:
    """Follow references, and take of alternatives the one that isn't null."""
    while True:
        if "$ref" in schema:
            schema = definitions[schema["$ref"].rpartition("/")[2]]
        elif "anyOf" in schema:
            schema = next(each for each in schema["anyOf"] if each.get("type") != "null")
        else:
            return schema


def _is_plain(name: str, value: Any, *, shape: Schema) -> bool:
    """Whether it is a number, a truth, or a text that is of the code, a time, zone or currency."""
    if not isinstance(value, str):
        return shape.get("type") in ("boolean", "integer", "number")
    if "enum" in shape:
        return value in shape["enum"]
    if name == "timezone":
        return value in ZONES
    if shape.get("format") in ("date-time", "date"):
        return value[:1].isdigit()
    return "const" in shape or shape.get("pattern") == CURRENCY
