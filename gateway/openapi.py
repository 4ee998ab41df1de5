"""`/openapi.json`: the gateway described by OpenAPI 3.1."""

from functools import cache
from importlib.metadata import version
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse

from domain.constants import BATCH_LIMIT
from domain.schemas import envelope_schema
from gateway.openapi_parts import (
    CLERK_SIGNATURE,
    REFUSED,
    STRIPE_SIGNATURE,
    TWILIO_SIGNATURE,
    answer,
    hook_paths,
    refusals,
)
from gateway.problems import MEDIA_TYPE as PROBLEM
from gateway.problems import Kind
from gateway.reading import Mode
from gateway.schemas import MEDIA_TYPE as SCHEMA

EVENT: Final = {"$ref": "#/components/schemas/DomainEvent"}
BATCH: Final = {"type": "array", "minItems": 1, "maxItems": BATCH_LIMIT, "items": EVENT}
REFUSALS: Final = (
    Kind.UNREADABLE,
    Kind.UNAUTHENTICATED,
    Kind.TYPE_NOT_ALLOWED,
    Kind.TOO_SLOW,
    Kind.TOO_LARGE,
    Kind.UNSUPPORTED,
    Kind.INVALID,
    Kind.TOO_MANY,
    Kind.UNAVAILABLE,
)

TEXT: Final = {"type": "string"}
COUNT: Final = {"type": "integer", "minimum": 0}
PUBLISHED: Final = {
    "type": "object",
    "required": ["accepted", "duplicates"],
    "properties": {
        "accepted": {**COUNT, "description": "How many were new"},
        "duplicates": {**COUNT, "description": "How many had been published before"},
    },
}
FAULT: Final = {
    "type": "object",
    "required": ["position", "field", "detail"],
    "properties": {
        "position": {
            "type": ["integer", "null"],
            "description": "In the batch, counted from 0; null if the fault is the body's",
        },
        "field": TEXT,
        "detail": TEXT,
    },
}
PROBLEM_DETAILS: Final = {
    "type": "object",
    "description": "Problem details, RFC 9457",
    "required": ["type", "title", "status"],
    "properties": {
        "type": TEXT,
        "title": TEXT,
        "status": {"type": "integer"},
        "detail": TEXT,
        "faults": {"type": "array", "items": FAULT},
        "more_faults": {**COUNT, "description": "How many more were found"},
        "types": {"type": "array", "items": TEXT, "description": "Types not allowed"},
        "violated-policies": {
            "type": "array",
            "items": TEXT,
            "description": "The quotas that are used up; see RateLimit-Policy",
        },
        "limit": {**COUNT, "description": "What was exceeded"},
        "failed": {**TEXT, "description": "The check that failed"},
    },
}


async def show_openapi(_request: Request) -> JSONResponse:
    """Show the description."""
    return JSONResponse(openapi())


@cache
def openapi() -> dict[str, Any]:
    """The whole document."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Momento's gateway",
            "description": "Takes domain events from services. A domain event is known by its"
            " source and id for ever: publishing it again is harmless.",
            "version": version("momento-workers"),
        },
        "paths": {
            "/v1/events": {"post": _publish()},
            "/v1/schemas": {"get": _get("List all types of domain events")},
            "/v1/schemas/{name}": {"get": _show_schema()},
            **hook_paths(),
            "/asyncapi.json": {"get": _get("All domain events, as an AsyncAPI document")},
            "/openapi.json": {"get": _get("This document")},
            "/livez": {"get": _get("Whether the process serves")},
            "/readyz": {
                "get": _get(
                    "Whether domain events can be published now", refusals([Kind.UNAVAILABLE])
                )
            },
        },
        "components": {
            "securitySchemes": {
                "key": {"type": "http", "scheme": "bearer"},
                "twilio": TWILIO_SIGNATURE,
                "stripe": STRIPE_SIGNATURE,
                "clerk": CLERK_SIGNATURE,
            },
            "schemas": {
                "DomainEvent": _without_identity(envelope_schema()),
                "Published": PUBLISHED,
                "Problem": PROBLEM_DETAILS,
            },
        },
    }


def _publish() -> dict[str, Any]:
    return {
        "summary": "Publish domain events, all of the request's or none",
        "operationId": "publishEvents",
        "security": [{"key": []}],
        "parameters": [
            {
                "name": f"ce-{name}",
                "in": "header",
                "description": "In binary mode: the attribute of this name, percent-encoded.",
                "schema": {"type": "string"},
            }
            for name in envelope_schema()["properties"]
            if name not in {"data", "datacontenttype"}
        ],
        "requestBody": {
            "required": True,
            "content": {
                Mode.STRUCTURED.value: {"schema": EVENT},
                Mode.BATCH.value: {"schema": BATCH},
                Mode.BINARY.value: {"schema": {"type": "object"}},
            },
        },
        "responses": {
            "202": answer(
                "Published: committed, and applied soon",
                "application/json",
                schema={"$ref": "#/components/schemas/Published"},
            ),
            **refusals(REFUSALS),
        },
    }


def _show_schema() -> dict[str, Any]:
    return {
        "summary": "The JSON Schema of a type's data, or of the envelope",
        "parameters": [
            {
                "name": "name",
                "in": "path",
                "required": True,
                "description": "A type's full or short name, e.g. kudos.given; or envelope.",
                "schema": {"type": "string"},
            }
        ],
        "responses": {
            "200": answer("A JSON Schema", SCHEMA, schema={"type": "object"}),
            "404": answer("No such type", PROBLEM, schema=REFUSED),
        },
    }


def _get(summary: str, others: dict[str, Any] | None = None) -> dict[str, Any]:
    shown = answer("As asked", "application/json", schema={"type": "object"})
    return {"summary": summary, "responses": {"200": shown, **(others or {})}}


def _without_identity(schema: dict[str, Any]) -> dict[str, Any]:
    return {name: part for name, part in schema.items() if name not in {"$id", "$schema"}}
