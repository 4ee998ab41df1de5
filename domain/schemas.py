"""What may be said, as JSON Schema (draft 2020-12): the envelope, and the data of each type."""

from collections.abc import Iterable
from typing import Any

from domain.constants import DATA_LIMIT_BYTES
from domain.envelope import EXTENSION_LIMIT_CHARACTERS, Attributes
from domain.payload import Payload

DIALECT = "https://json-schema.org/draft/2020-12/schema"
BASE = "https://momento.app/v1/schemas"
ENVELOPE = "envelope"


def json_schema(payload_class: type[Payload]) -> dict[str, Any]:
    """Describe the `data` of a domain event. Its `$id` is what `dataschema` may say."""
    schema = payload_class.model_json_schema()
    # What is left out of an update stays as it was: a default would mislead there.
    _tidy(schema, keep_defaults=payload_class.CREATES is not None)
    return {
        "$schema": DIALECT,
        "$id": f"{BASE}/{payload_class.TYPE}",
        **schema,
        "title": payload_class.NAME,
    }


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
        else:
            _tidy(part, keep_defaults=keep_defaults)
