"""catalogue.md: every domain event with what it says, who publishes it and what it leads to."""

import ast
from collections.abc import Iterable, Iterator, Mapping
from importlib import import_module
from itertools import groupby
from pathlib import Path

from docs.generator.markdown import GENERATED, code, codes, paragraphs, sentence, table
from domain.catalogue import CATALOGUE, HANDLERS, Handler
from domain.field_words import field_types
from domain.lanes import LANES
from domain.payload import Payload
from domain.reach import Reach, reach
from domain.things import Hold

ROOT = Path(__file__).parents[2]
# Who publishes beside the API services, by the package that knows the payload.
PUBLISHERS = {"gateway": "the gateway's webhooks", "scheduler": "the scheduler"}
HOLDS = {Hold.SHARE: "shared", Hold.CHANGE: "for change"}
HEAD = """
Every domain event, as `domain/catalogue.py` has it: what it says, who publishes it, who handles it,
what is locked meanwhile and what may follow. A field marked `?` may be left out or be null.
`momento catalogue --json-schema` and `--asyncapi` print the same for programs.

Dispatch makes sure that whatever an id refers to exists before a handler is called. Things are
locked kind by kind in the order of `domain/things.py`, shared or for change, then rows of the
topic, in key order.
"""


def catalogue_page() -> str:
    """Write the whole page."""
    reached = {name: reach(handler.apply) for name, handler in HANDLERS.items()}
    publishing = _publishing()
    lines = [GENERATED, "# The catalogue of domain events", "", paragraphs(HEAD), ""]
    lines += [f"Lanes: {codes(LANES)}. What is on one waits for nothing on another.", ""]
    for module, payloads in groupby(_by_topic(), key=lambda payload: payload.__module__):
        title = module.split(".")[-2].capitalize()
        lines += [f"## {title}", "", sentence(import_module(module).__doc__), ""]
        for payload in payloads:
            lines += _entry(payload, reached, publishing)
    return "\n".join(lines).rstrip() + "\n"


def _by_topic() -> list[type[Payload]]:
    """Order the payloads by topic, topics and payloads as the catalogue has them first."""
    topics = list(dict.fromkeys(payload.__module__ for payload in CATALOGUE))
    return sorted(CATALOGUE, key=lambda payload: topics.index(payload.__module__))


def _publishing() -> Mapping[str, set[str]]:
    """Give for each package that may publish the payload classes that its modules import."""
    return {
        package: {
            alias.name
            for path in sorted((ROOT / package).rglob("*.py"))
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.ImportFrom) and (node.module or "").endswith(".payloads")
            for alias in node.names
        }
        for package in PUBLISHERS
    }


def _entry(
    payload: type[Payload], reached: Mapping[str, Reach], publishing: Mapping[str, set[str]]
) -> Iterator[str]:
    yield f"### {payload.NAME}"
    yield ""
    yield paragraphs(payload.__doc__)
    yield ""
    yield from table(["field", "holds", ""], _fields(payload))
    by = _publishers(payload, reached, publishing)
    yield f"Published by {', '.join(by) or 'nobody yet'}."
    yield ""
    handlers = [HANDLERS[handler.name] for handler in CATALOGUE[payload]]
    if handlers:
        titles = ["handler", "lane", "locks", "may be followed by"]
        yield from table(titles, [_handler(each, reached[each.name]) for each in handlers])
    else:
        yield "Nobody here handles it; others may subscribe to it."
        yield ""


def _fields(payload: type[Payload]) -> Iterator[tuple[str, str, str]]:
    types = field_types(payload)
    things = dict(payload.reference_fields())
    subject = next(iter(payload.model_fields))
    for name, information in payload.model_fields.items():
        mark = "" if information.is_required() else "?"
        notes = ["the subject"] if name == subject else []
        if name == subject and payload.CREATES is not None:
            notes.append(f"creates the {payload.CREATES}")
        if name in things:
            notes.append(f"refers to {_a(things[name])}")
        yield code(name) + mark, types[name], ", ".join(notes)


def _a(kind: str) -> str:
    words = kind.replace("_", " ")
    return f"{'an' if words[0] in 'aeio' else 'a'} {words}"


def _publishers(
    payload: type[Payload], reached: Mapping[str, Reach], publishing: Mapping[str, set[str]]
) -> list[str]:
    known = [] if payload.FOLLOW_UP else ["the API services"]
    known += [PUBLISHERS[name] for name, made in publishing.items() if payload.__name__ in made]
    after = [name for name, each in reached.items() if payload.NAME in each.follow_ups]
    return [*known, f"the workers, after {codes(after)}"] if after else known


def _handler(handler: Handler, reached: Reach) -> tuple[str, str, str, str]:
    things = {**{kind: HOLDS[hold] for kind, hold in reached.things.items()}}
    things |= {kind: HOLDS[hold] for kind, hold in handler.holds.items()}
    locks: Iterable[str] = (
        *(f"{kind} {how}" for kind, how in things.items()),
        *(f"rows of {code(name)}" for name in sorted(reached.rows)),
    )
    follow_ups = codes(sorted(reached.follow_ups))
    return code(handler.name), handler.lane, ", ".join(locks) or "nothing", follow_ups or "nothing"
