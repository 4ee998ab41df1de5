"""An example of each domain event, for documents and tests: made from its JSON Schema.

The same each time, so that documents only change where a schema does. What several fields say
together is set right in `TOGETHER`; a test reads every example with its payload class.
"""

from collections.abc import Mapping
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

from domain.payload import Payload

Schema = Mapping[str, Any]

MOMENT: Final = "2026-11-21T18:00:00Z"
TRACEPARENT: Final = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
SOURCE: Final = "/services/api"
_FORMATS: Final = {"date-time": MOMENT, "date": "1994-05-17"}
# By pattern, where a text can't say just anything.
_WRITTEN: Final = {
    r"^https?://[^\s]+$": "https://example.com/1.jpg",
    r"^[^@\s]+@[^@\s]+\.[^@\s]+$": "ana@example.com",
    r"^\+[1-9][0-9]{6,14}$": "+4915112345678",
    r"^(ExponentPushToken|ExpoPushToken)\[[^\[\]\s]{1,200}\]$": "ExponentPushToken[example]",
    r"^[a-z][a-z0-9_]{0,39}$": "instagram",
    r"^[a-z]{3}$": "usd",
}
# By field, where there is more to it than its schema says, or a likelier value.
_KNOWN: Final[dict[str, Any]] = {
    "timezone": "Europe/Berlin",
    "latitude": 52.52,
    "longitude": 13.405,
    "end_time": "2026-11-21T22:00:00Z",
    "max_attendees": 12,
    "min_attendees": 4,
    "age_min": 21,
    "age_max": 45,
    "amount_in_cents": 1500,
    "confirmation_fee": 1500,
}
# By type, where fields hang together; None leaves a field out.
_TOGETHER: Final[dict[str, dict[str, Any]]] = {
    "message.sent": {"storage_id": None},
}


def example_data(payload: type[Payload], schema: Schema) -> dict[str, Any]:
    """Give the data of an example: every field that can be said beside the others."""
    definitions: Schema = schema.get("$defs", {})
    said = {
        name: example_value(name, field, definitions=definitions)
        for name, field in schema["properties"].items()
    }
    said |= _TOGETHER.get(payload.NAME, {})
    return {name: value for name, value in said.items() if value is not None}


def example(payload: type[Payload], data: Mapping[str, Any]) -> dict[str, Any]:
    """Give a whole domain event that carries such data."""
    return {
        "specversion": "1.0",
        "id": example_id(f"{payload.NAME} said"),
        "source": SOURCE,
        "type": payload.TYPE,
        "subject": data[next(iter(payload.model_fields))],
        "time": MOMENT,
        "traceparent": TRACEPARENT,
        "data": dict(data),
    }


def example_id(name: str) -> str:
    """Give an id that stays the same."""
    return str(uuid5(NAMESPACE_URL, f"https://momento.app/examples/{name}"))


def example_value(name: str, schema: Schema, *, definitions: Schema) -> Any:
    """Give a value that a field of this name may have."""
    if "$ref" in schema:
        return example_value(
            name, definitions[schema["$ref"].rpartition("/")[2]], definitions=definitions
        )
    if "anyOf" in schema:
        first = next(each for each in schema["anyOf"] if each.get("type") != "null")
        return example_value(name, first, definitions=definitions)
    if name in _KNOWN:
        return _KNOWN[name]
    if "enum" in schema:
        return schema["enum"][0]
    if schema.get("type") == "array":
        return _list(name, schema, definitions=definitions)
    return _object(schema, definitions=definitions) if _is_object(schema) else _plain(name, schema)


def _is_object(schema: Schema) -> bool:
    return schema.get("type") == "object"


def _plain(name: str, schema: Schema) -> Any:
    """Give a value without parts."""
    kind = schema.get("type")
    if kind == "string":
        return _text(name, schema)
    return {"boolean": True, "integer": schema.get("minimum", 1)}.get(kind or "", 1.5)


def _text(name: str, schema: Schema) -> str:
    kind = schema.get("format")
    if kind == "uuid":
        return example_id(name)
    if kind in _FORMATS:
        return _FORMATS[kind]
    return _WRITTEN.get(schema.get("pattern", ""), name.replace("_", " ").capitalize())


def _list(name: str, schema: Schema, *, definitions: Schema) -> list[Any]:
    count = max(1, schema.get("minItems", 1))
    return [
        example_value(f"{name}{number or ''}", schema["items"], definitions=definitions)
        for number in range(count)
    ]


def _object(schema: Schema, *, definitions: Schema) -> dict[str, Any]:
    if "properties" in schema:
        return {
            name: example_value(name, field, definitions=definitions)
            for name, field in schema["properties"].items()
        }
    values = schema.get("additionalProperties", True)
    if not isinstance(values, Mapping):
        return {}
    names = schema.get("propertyNames", {})
    key = example_value("key", names, definitions=definitions) if names else "key"
    return {str(key): example_value("value", values, definitions=definitions)}
