"""What a field of a payload may hold, in words."""

from collections.abc import Iterator, Mapping
from typing import Any

from domain.payload import OneLine, Payload
from domain.schemas import json_schema

FORMATS = {"uuid": "id", "date-time": "time", "date": "date"}
# The least and the most, and of what.
BOUNDS = (
    ("minimum", "maximum", ""),
    ("minLength", "maxLength", " characters"),
    ("minItems", "maxItems", " of them"),
)
Schema = Mapping[str, Any]


def field_types(payload: type[Payload]) -> dict[str, str]:
    """Say for each field of a payload what it may hold, as its JSON Schema has it."""
    schema = json_schema(payload)
    definitions: Schema = schema.get("$defs", {})
    return {name: _words(field, definitions) for name, field in schema["properties"].items()}


def _words(schema: Schema, definitions: Schema) -> str:
    if "$ref" in schema:
        return _words(definitions[schema["$ref"].rpartition("/")[2]], definitions)
    if "anyOf" in schema:
        # That null is allowed is said by the question mark.
        options = [each for each in schema["anyOf"] if each.get("type") != "null"]
        return " or ".join(dict.fromkeys(_words(each, definitions) for each in options))
    if "enum" in schema:
        return " / ".join(schema["enum"])
    if schema.get("format") in FORMATS:
        return FORMATS[schema["format"]]
    return ", ".join([_kind(schema, definitions), *_bounds(schema)])


def _kind(schema: Schema, definitions: Schema) -> str:
    kind: str = schema.get("type", "anything")
    if kind == "array":
        return f"list of {_words(schema['items'], definitions)}"
    if kind == "object" and "properties" in schema:
        required = schema.get("required", ())
        parts = (
            f"{name}{'' if name in required else '?'}: {_words(part, definitions)}"
            for name, part in schema["properties"].items()
        )
        return f"{{{'; '.join(parts)}}}"
    values = schema.get("additionalProperties")
    if kind == "object" and isinstance(values, Mapping):
        keys = _words(schema.get("propertyNames", {"type": "string"}), definitions)
        return f"object: {keys} → {_words(values, definitions)}"
    return "text" if kind == "string" else kind


def _bounds(schema: Schema) -> Iterator[str]:
    for least, most, unit in BOUNDS:
        low, high = schema.get(least), schema.get(most)
        if low is not None and high is not None:
            yield f"{low} to {high}{unit}"
        elif high is not None:
            yield f"at most {high}{unit}"
        elif low is not None:
            yield f"at least {low}{unit}"
    if schema.get("pattern") == OneLine.pattern:
        yield "on one line"
    elif "pattern" in schema:
        yield f"like `{schema['pattern']}`"
