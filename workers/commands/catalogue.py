"""`momento catalogue`: every type of domain event, who handles it, and on which lane."""

import argparse
import json
from collections.abc import Sequence
from importlib.metadata import version

from domain.asyncapi import asyncapi
from domain.catalogue import CATALOGUE, Handler
from domain.payload import Payload
from domain.schemas import schema_bundle
from workers.commands.asking import aligned
from workers.settings import Settings

NAME = "catalogue"
HELP = "Show every type of domain event"
TITLES = ("name", "subject", "published by", "lanes", "handlers")


def configure(parser: argparse.ArgumentParser) -> None:
    """In which form."""
    form = parser.add_mutually_exclusive_group()
    form.add_argument(
        "--json-schema", action="store_true", help="print the JSON Schemas of all, as one document"
    )
    form.add_argument("--asyncapi", action="store_true", help="print an AsyncAPI 3 document")


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Print it."""
    if arguments.json_schema:
        print(json.dumps(schema_bundle(CATALOGUE), indent=2))
        return 0
    if arguments.asyncapi:
        host = f"{settings.gateway_host}:{settings.gateway_port}"
        said = asyncapi(version=version("momento-workers"), host=host, protocol="http")
        print(json.dumps(said, indent=2))
        return 0
    rows = [_row(payload, handlers) for payload, handlers in CATALOGUE.items()]
    print(aligned([TITLES, *rows]))
    return 0


def _row(payload: type[Payload], handlers: Sequence[Handler]) -> tuple[str, ...]:
    return (
        payload.NAME,
        next(iter(payload.model_fields)),
        "workers" if payload.FOLLOW_UP else "anybody",
        ", ".join(dict.fromkeys(handler.lane for handler in handlers)) or "-",
        ", ".join(handler.name for handler in handlers) or "-",
    )
