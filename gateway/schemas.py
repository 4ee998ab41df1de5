"""`/v1/schemas` and `/asyncapi.json`: what may be said, for those who say it."""

from functools import cache, lru_cache
from importlib.metadata import version
from typing import Any, Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse

from domain.asyncapi import asyncapi
from domain.catalogue import PUBLIC_TYPES, TYPES
from domain.payload import type_of
from domain.schemas import ENVELOPE, envelope_schema, json_schema

MEDIA_TYPE: Final = "application/schema+json"
PATH: Final = "/v1/schemas"


async def list_schemas(_request: Request) -> JSONResponse:
    """List all types, with where their schema is and whether they may be published."""
    return JSONResponse(_listed())


async def show_schema(request: Request) -> JSONResponse:
    """Show one schema, by the type's full or short name."""
    schema = _schema(request.path_params["name"])
    if schema is None:
        raise HTTPException(404)
    return JSONResponse(schema, media_type=MEDIA_TYPE)


async def show_asyncapi(request: Request) -> JSONResponse:
    """Show the catalogue as an AsyncAPI document, the gateway where it was asked."""
    url = request.base_url
    return JSONResponse(_asyncapi(url.netloc, url.scheme))


@lru_cache(maxsize=8)
def _asyncapi(host: str, protocol: str) -> dict[str, Any]:
    return asyncapi(version=version("momento-workers"), host=host, protocol=protocol)


@cache
def _listed() -> dict[str, Any]:
    types = [
        {
            "type": name,
            "name": payload.NAME,
            "description": payload.__doc__,
            "schema": f"{PATH}/{name}",
            "may_be_published": name in PUBLIC_TYPES,
        }
        for name, payload in TYPES.items()
    ]
    return {"envelope": f"{PATH}/{ENVELOPE}", "types": types}


def _schema(name: str) -> dict[str, Any] | None:
    if name == ENVELOPE:
        return envelope_schema()
    payload = TYPES.get(name) or TYPES.get(type_of(name))
    return json_schema(payload) if payload else None
