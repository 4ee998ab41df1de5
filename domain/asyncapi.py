"""The catalogue as an AsyncAPI 3 document: what may be published, and what follows from it.

Written for 3.0.0, which more tools read than 3.1.0; the document is valid as either. Payloads are
those of `domain/schemas.py`, with their parts moved to where references in it lead.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from domain.catalogue import CATALOGUE
from domain.constants import BATCH_LIMIT
from domain.examples import example
from domain.payload import Payload
from domain.schemas import envelope_schema, json_schema

VERSION: Final = "3.0.0"
MEDIA_TYPE: Final = "application/cloudevents+json"
ENVELOPE: Final = "DomainEvent"
ADDRESS: Final = "/v1/events"
INBOX: Final = "domainEvents"
FOLLOW_UPS: Final = "followUps"
# Not a part of what is said, or not known to the dialect that AsyncAPI is read with.
LEFT_OUT: Final = frozenset({"$schema", "$id", "$defs"})


def asyncapi(*, version: str, host: str, protocol: str) -> dict[str, Any]:
    """Give the whole document; `host` and `protocol` are how the gateway is reached."""
    said = [payload for payload in CATALOGUE if not payload.FOLLOW_UP]
    following = [payload for payload in CATALOGUE if payload.FOLLOW_UP]
    return {
        "asyncapi": VERSION,
        "info": {
            "title": "Momento's domain events",
            "version": version,
            "description": "Domain events are CloudEvents 1.0. One is known by its source and id"
            f" for ever: publishing it again is harmless. A request holds one, or up to"
            f" {BATCH_LIMIT} as application/cloudevents-batch+json, all or nothing.",
        },
        "defaultContentType": MEDIA_TYPE,
        "servers": {
            "gateway": {
                "host": host,
                "protocol": protocol,
                "description": "Takes domain events from services.",
                "security": [{"$ref": "#/components/securitySchemes/key"}],
            }
        },
        "channels": {INBOX: _inbox(said), FOLLOW_UPS: _follow_ups(following)},
        "operations": _operations(said, following),
        "components": {
            "messages": {payload.NAME: _message(payload) for payload in CATALOGUE},
            "schemas": {ENVELOPE: _moved(envelope_schema(), ENVELOPE)} | _schemas(CATALOGUE),
            "securitySchemes": {
                "key": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "An API key, made by momento keys create.",
                }
            },
        },
    }


def _inbox(payloads: Iterable[type[Payload]]) -> dict[str, Any]:
    return {
        "address": ADDRESS,
        "title": "What services say happened",
        "servers": [{"$ref": "#/servers/gateway"}],
        "messages": _messages(payloads),
    }


def _follow_ups(payloads: Iterable[type[Payload]]) -> dict[str, Any]:
    return {
        "address": None,
        "title": "What follows",
        "description": "What the workers publish themselves: rows of the table domain_events.",
        "messages": _messages(payloads),
    }


def _messages(payloads: Iterable[type[Payload]]) -> dict[str, Any]:
    return {payload.NAME: {"$ref": f"#/components/messages/{payload.NAME}"} for payload in payloads}


def _operations(
    said: Iterable[type[Payload]], following: Iterable[type[Payload]]
) -> dict[str, Any]:
    """Say what the gateway takes, and what the workers publish."""
    http = {"http": {"method": "POST", "bindingVersion": "0.3.0"}}
    return {
        "publish": {
            "action": "receive",
            "summary": "Takes domain events; an answer of 202 means that they are committed.",
            "channel": {"$ref": f"#/channels/{INBOX}"},
            "messages": _references(INBOX, said),
            "bindings": http,
        },
        "follow": {
            "action": "send",
            "summary": "Publishes what follows, in the transaction of the effect that caused it.",
            "channel": {"$ref": f"#/channels/{FOLLOW_UPS}"},
            "messages": _references(FOLLOW_UPS, following),
        },
    }


def _references(channel: str, payloads: Iterable[type[Payload]]) -> list[dict[str, str]]:
    return [{"$ref": f"#/channels/{channel}/messages/{payload.NAME}"} for payload in payloads]


def _message(payload: type[Payload]) -> dict[str, Any]:
    schema = json_schema(payload)
    data = schema["examples"][0]
    return {
        "name": payload.TYPE,
        "title": payload.NAME,
        "summary": schema["description"],
        "contentType": MEDIA_TYPE,
        "payload": {
            "allOf": [
                {"$ref": f"#/components/schemas/{ENVELOPE}"},
                {
                    "type": "object",
                    "properties": {
                        "type": {"const": payload.TYPE},
                        "data": {"$ref": f"#/components/schemas/{payload.NAME}"},
                    },
                },
            ]
        },
        "examples": [{"name": "example", "payload": example(payload, data)}],
    }


def _schemas(payloads: Iterable[type[Payload]]) -> dict[str, Any]:
    """Give all payloads' schemas and their parts, each under a name of its own."""
    found: dict[str, Any] = {}
    for payload in payloads:
        schema = json_schema(payload)
        found[payload.NAME] = _moved(schema, payload.NAME)
        for part, definition in schema.get("$defs", {}).items():
            found[_part(payload.NAME, part)] = _moved(definition, payload.NAME)
    return found


def _moved(schema: Mapping[str, Any], owner: str) -> dict[str, Any]:
    """Have a schema's references lead to where its owner's parts are now."""
    return dict(_members(schema, owner))


def _members(schema: Mapping[str, Any], owner: str) -> Iterator[tuple[str, Any]]:
    beside = len(schema) > 1
    for name, value in schema.items():
        if name in LEFT_OUT:
            continue
        if name == "$ref":
            there = {"$ref": f"#/components/schemas/{_part(owner, value)}"}
            # What stands beside a reference is ignored where it isn't wrapped.
            yield ("allOf", [there]) if beside else ("$ref", there["$ref"])
        elif isinstance(value, Mapping):
            yield name, _moved(value, owner)
        elif isinstance(value, list) and name not in {"enum", "examples", "required"}:
            yield (
                name,
                [_moved(each, owner) if isinstance(each, Mapping) else each for each in value],
            )
        else:
            yield name, value


def _part(owner: str, reference: str) -> str:
    return f"{owner}.{reference.rpartition('/')[2]}"
