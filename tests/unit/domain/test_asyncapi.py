"""The AsyncAPI document is one by the rules of its specification, and says what the catalogue does.

The rules are those of AsyncAPI 3.0.0, in our own words: which parts an object may have and needs,
where references may lead, and that examples are what their schemas say.
"""

import re
from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any

import pytest
from jsonschema import Draft7Validator, FormatChecker

from domain.asyncapi import asyncapi
from domain.catalogue import CATALOGUE, PUBLIC_TYPES

DOCUMENT = asyncapi(version="1.2.3", host="127.0.0.1:8400", protocol="http")

# What an object may hold; what it must hold has an exclamation mark.
OBJECTS = {
    "root": "asyncapi! info! servers defaultContentType channels operations components id",
    "info": "title! version! description termsOfService contact license tags externalDocs",
    "server": "host! protocol! protocolVersion pathname description title summary variables"
    " security tags externalDocs bindings",
    "channel": "address messages title summary description servers parameters tags externalDocs"
    " bindings",
    "operation": "action! channel! title summary description security tags externalDocs bindings"
    " traits messages reply",
    "message": "headers payload correlationId contentType name title summary description tags"
    " externalDocs bindings examples traits",
    "example": "headers payload name summary",
    "components": "schemas servers channels operations messages securitySchemes serverVariables"
    " parameters correlationIds replies replyAddresses externalDocs tags operationTraits"
    " messageTraits serverBindings channelBindings operationBindings messageBindings",
}
KEY = re.compile(r"[A-Za-z0-9.\-_]+")
TYPES = {"null", "boolean", "object", "array", "number", "string", "integer"}


def faults(document: Mapping[str, Any]) -> list[str]:
    found = [*shapes(document), *references(document), *operations(document)]
    return found or list(schemas(document))


def shapes(document: Mapping[str, Any]) -> Iterator[str]:
    yield from shape("root", document)
    yield from shape("info", document.get("info", {}))
    yield from shape("components", document.get("components", {}))
    if not str(document.get("asyncapi", "")).startswith("3."):
        yield "not AsyncAPI 3"
    parts = [
        *(("server", each) for each in document.get("servers", {}).items()),
        *(("channel", each) for each in document.get("channels", {}).items()),
        *(("operation", each) for each in document.get("operations", {}).items()),
        *(("message", each) for each in document["components"].get("messages", {}).items()),
    ]
    for kind, (name, part) in parts:
        if not KEY.fullmatch(name):
            yield f"{name} is no key"
        yield from shape(kind, part)
        for example in part.get("examples", ()):
            yield from shape("example", example)


def shape(kind: str, part: Mapping[str, Any]) -> Iterator[str]:
    known = OBJECTS[kind].split()
    for name in part:
        if name not in {each.rstrip("!") for each in known} and not name.startswith("x-"):
            yield f"{kind} has no {name}"
    for name in (each.rstrip("!") for each in known if each.endswith("!")):
        if name not in part:
            yield f"{kind} lacks {name}"


def walk(part: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(part, Mapping):
        yield part
    for each in (
        part.values() if isinstance(part, Mapping) else part if isinstance(part, list) else ()
    ):
        yield from walk(each)


def resolve(document: Any, reference: str) -> Any:
    for name in reference.removeprefix("#/").split("/"):
        document = document.get(name) if isinstance(document, Mapping) else None
    return document


def references(document: Mapping[str, Any]) -> Iterator[str]:
    for part in walk(document):
        if "$ref" in part:
            if len(part) > 1:
                yield f"something stands beside {part['$ref']}"
            if not part["$ref"].startswith("#/") or resolve(document, part["$ref"]) is None:
                yield f"{part['$ref']} leads nowhere"


def operations(document: Mapping[str, Any]) -> Iterator[str]:
    for name, operation in document["operations"].items():
        if operation.get("action") not in {"send", "receive"}:
            yield f"{name} neither sends nor receives"
        channel = operation.get("channel", {}).get("$ref", "")
        if not channel.startswith("#/channels/"):
            yield f"{name} is on no channel"
        for message in operation["messages"]:
            if not message["$ref"].startswith(f"{channel}/messages/"):
                yield f"{name} has a message of another channel"
    for channel in document["channels"].values():
        for server in channel.get("servers", ()):
            if not server["$ref"].startswith("#/servers/"):
                yield "a channel is on no server"


def schemas(document: Mapping[str, Any]) -> Iterator[str]:
    components = document["components"]
    for name, schema in components["schemas"].items():
        if not KEY.fullmatch(name):
            yield f"{name} is no key"
        for part in walk(schema):
            said = part.get("type")
            kinds = [said] if isinstance(said, str) else said if isinstance(said, list) else []
            if not set(kinds) <= TYPES and "required" in part:
                yield f"{name} has an unknown type"
    for name, message in components["messages"].items():
        whole = {**message["payload"], "components": components}
        validator = Draft7Validator(whole, format_checker=FormatChecker())
        for example in message["examples"]:
            yield from (
                f"{name}: {error.message}" for error in validator.iter_errors(example["payload"])
            )


class TestDocument:
    def test_it_is_as_the_specification_has_it(self) -> None:
        assert faults(DOCUMENT) == []

    def test_every_domain_event_is_in_it_where_it_belongs(self) -> None:
        assert set(DOCUMENT["components"]["messages"]) == {payload.NAME for payload in CATALOGUE}
        said = set(DOCUMENT["channels"]["domainEvents"]["messages"])
        assert said == {payload.NAME for payload in PUBLIC_TYPES.values()}
        following = set(DOCUMENT["channels"]["followUps"]["messages"])
        assert following == {payload.NAME for payload in CATALOGUE if payload.FOLLOW_UP}

    def test_what_is_personal_is_marked_in_it(self) -> None:
        field = DOCUMENT["components"]["schemas"]["user.registered"]["properties"]["email"]
        assert field["x-personal"] is True

    def test_nothing_of_another_dialect_is_left(self) -> None:
        schemas_of = DOCUMENT["components"]["schemas"]
        assert not [part for part in walk(schemas_of) if part.keys() & {"$defs", "$schema", "$id"}]

    @pytest.mark.parametrize(
        ("spoil", "said"),
        [
            (lambda it: it.pop("info"), "root lacks info"),
            (lambda it: it.update(topics={}), "root has no topics"),
            (lambda it: it["servers"]["gateway"].pop("protocol"), "server lacks protocol"),
            (lambda it: it["operations"]["publish"].update(action="publish"), "neither sends"),
            (lambda it: it["channels"].pop("followUps"), "leads nowhere"),
            (lambda it: it["components"]["schemas"].pop("kudos.given.Kudo"), "leads nowhere"),
            (
                lambda it: it["operations"]["publish"]["messages"].extend(
                    it["operations"]["follow"]["messages"]
                ),
                "another channel",
            ),
            (
                lambda it: it["components"]["messages"]["kudos.given"]["examples"][0][
                    "payload"
                ].update(type="app.momento.other.v1"),
                "was expected",
            ),
            (
                lambda it: it["components"]["messages"]["kudos.given"]["examples"][0]["payload"][
                    "data"
                ].pop("giver_id"),
                "required property",
            ),
        ],
    )
    def test_these_rules_find_what_is_wrong(self, spoil: Any, said: str) -> None:
        document = deepcopy(DOCUMENT)
        spoil(document)
        assert [fault for fault in faults(document) if said in fault]
