"""What may be said, as JSON Schema (draft 2020-12): the envelope, and the data of each type."""

from collections.abc import Iterable
from functools import cache
from typing import Any

from pydantic import AfterValidator, BaseModel

from domain.constants import DATA_LIMIT_BYTES
from domain.envelope import EXTENSION_LIMIT_CHARACTERS, Attributes
from domain.examples import example_data
from domain.payload import Payload
from domain.personal import find, nested_models

DIALECT = "https://json-schema.org/draft/2020-12/schema"
BASE = "https://momento.app/v1/schemas"
ENVELOPE = "envelope"
# Pydantic's own words for bounds of a time, which JSON Schema doesn't know.
UNSAID = frozenset({"ge", "lt"})


@cache
def json_schema(payload_class: type[Payload]) -> dict[str, Any]:
    """Describe the `data` of a domain event. Its `$id` is what `dataschema` may say.

    The same object each time, since it takes milliseconds to make: to be read, not to be changed.
    """
    schema = payload_class.model_json_schema()
    # What is left out of an update stays as it was: a default would mislead there.
    _tidy(schema, keep_defaults=payload_class.CREATES is not None)
    _note(schema, payload_class)
    return {
        "$schema": DIALECT,
        "$id": f"{BASE}/{payload_class.TYPE}",
        **schema,
        "title": payload_class.NAME,
        "examples": [example_data(payload_class, schema)],
    }


def _note(schema: dict[str, Any], payload_class: type[Payload]) -> None:
    """Add, in place, what JSON Schema has no words for."""
    schema["x-subject"] = next(iter(payload_class.model_fields))
    schema["x-published-by"] = "workers" if payload_class.FOLLOW_UP else "anybody"
    if payload_class.CREATES is not None:
        schema["x-creates"] = payload_class.CREATES
    if payload_class.PERSON is not None:
        schema["x-person"] = payload_class.PERSON
    for field, kind in payload_class.reference_fields():
        schema["properties"][field]["x-refers-to"] = kind
    described = {each.__name__: each for each in nested_models(payload_class)}
    for model, part in (
        (payload_class, schema),
        *(
            (described[name], part)
            for name, part in schema.get("$defs", {}).items()
            if name in described
        ),
    ):
        if refused := _refused(model):
            part["x-refuses"] = refused


def _refused(model: type[BaseModel]) -> list[str]:
    """Say what a model's validators refuse besides, as their docstrings do."""
    validators = [
        *(each.func for each in model.__pydantic_decorators__.model_validators.values()),
        *(
            marker.func
            for field in model.model_fields.values()
            for marker in find(AfterValidator, field.annotation, metadata=field.metadata)
        ),
    ]
    said = [(each.__doc__ or "").partition("\n")[0] for each in validators]
    return [each.removeprefix("Refuse ").rstrip(".") for each in said if each.startswith("Refuse ")]


def envelope_schema() -> dict[str, Any]:
    """Describe a whole domain event: CloudEvents 1.0, and what Momento is stricter about."""
    schema = Attributes.model_json_schema()
    _tidy(schema, keep_defaults=False)
    properties = {
        **schema["properties"],
        "data": {
            "type": "object",
            "description": f"At most {DATA_LIMIT_BYTES} bytes; see the type's own schema.",
        },
    }
    return {
        "$schema": DIALECT,
        "$id": f"{BASE}/{ENVELOPE}",
        "title": "A domain event",
        "description": "A CloudEvents 1.0 event. Unknown attributes are kept.",
        "type": "object",
        "properties": properties,
        "required": [*schema["required"], "data"],
        "propertyNames": {"pattern": "^[a-z0-9]{1,20}$"},
        "additionalProperties": {
            "type": ["string", "boolean", "integer", "null"],
            "maxLength": EXTENSION_LIMIT_CHARACTERS,
            "minimum": -(2**31),
            "maximum": 2**31 - 1,
        },
    }


def schema_bundle(payload_classes: Iterable[type[Payload]]) -> dict[str, Any]:
    """Put all schemas into one document, each under its type's full name in `$defs`."""
    schemas = {payload_class.TYPE: json_schema(payload_class) for payload_class in payload_classes}
    return {"$schema": DIALECT, "$id": BASE, "$defs": {ENVELOPE: envelope_schema(), **schemas}}


def _tidy(schema: Any, *, keep_defaults: bool) -> None:
    """Take out, in place, what describes our classes rather than what may be said."""
    if isinstance(schema, list):
        for part in schema:
            _tidy(part, keep_defaults=keep_defaults)
        return
    if not isinstance(schema, dict):
        return
    for name, part in list(schema.items()):
        if name == "properties":
            for field in part.values():
                field.pop("title", None)
                _tidy(field, keep_defaults=keep_defaults)
        elif name == "default" and (part is None or not keep_defaults):
            del schema["default"]
        elif name in UNSAID:
            del schema[name]
        else:
            _tidy(part, keep_defaults=keep_defaults)
