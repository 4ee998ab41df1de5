"""The JSON Schemas say what may be said, and agree with what is taken."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from domain.catalogue import CATALOGUE
from domain.envelope import parse_envelope
from domain.examples import example
from domain.kudos.payloads import KudosGiven
from domain.payload import Payload
from domain.payments.payloads import PaymentSucceeded
from domain.schemas import envelope_schema, json_schema, schema_bundle
from domain.users.payloads import UserRegistered

LATER = datetime(2027, 1, 1, tzinfo=UTC)


def parts(schema: Any) -> list[dict[str, Any]]:
    if isinstance(schema, list):
        return [found for entry in schema for found in parts(entry)]
    if not isinstance(schema, dict):
        return []
    return [schema, *(found for entry in schema.values() for found in parts(entry))]


class TestJsonSchema:
    @pytest.mark.parametrize("payload_class", CATALOGUE, ids=lambda payload: str(payload.NAME))
    def test_every_type_has_one_that_is_closed(self, payload_class: type[Payload]) -> None:
        schema = json_schema(payload_class)
        assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
        assert schema["$id"].endswith(f"/v1/schemas/{payload_class.TYPE}")
        assert schema["additionalProperties"] is False
        assert set(schema["properties"]) == set(payload_class.model_fields)
        required = {
            name for name, field in payload_class.model_fields.items() if field.is_required()
        }
        assert set(schema["required"]) == required
        json.dumps(schema, allow_nan=False)

    @pytest.mark.parametrize("payload_class", CATALOGUE, ids=lambda payload: str(payload.NAME))
    def test_every_reference_leads_somewhere(self, payload_class: type[Payload]) -> None:
        schema = json_schema(payload_class)
        for part in parts(schema):
            if isinstance(reference := part.get("$ref"), str):
                assert reference.removeprefix("#/$defs/") in schema["$defs"]

    def test_an_id_is_a_uuid(self) -> None:
        identity = json_schema(KudosGiven)["properties"]["kudos_id"]
        assert identity == {"type": "string", "format": "uuid"}

    def test_a_default_is_shown_where_a_thing_is_made(self) -> None:
        purpose = json_schema(PaymentSucceeded)["properties"]["purpose"]
        assert purpose["default"] == "confirmation_fee"

    @pytest.mark.parametrize(
        "payload_class",
        [payload for payload in CATALOGUE if payload.CREATES is None],
        ids=lambda payload: str(payload.NAME),
    )
    def test_no_default_is_shown_where_what_is_left_out_stays(
        self, payload_class: type[Payload]
    ) -> None:
        fields = json_schema(payload_class)["properties"].values()
        assert not any("default" in field for field in fields)


class TestEnvelopeSchema:
    def test_it_requires_what_we_require(self) -> None:
        required = {"specversion", "id", "source", "type", "subject", "time", "data"}
        assert set(envelope_schema()["required"]) == required

    def test_extension_attributes_are_welcome(self) -> None:
        assert envelope_schema()["additionalProperties"]["type"] == [
            "string",
            "boolean",
            "integer",
            "null",
        ]


class TestSchemaBundle:
    def test_it_holds_the_envelope_and_every_type(self) -> None:
        held = set(schema_bundle(CATALOGUE)["$defs"])
        assert held == {"envelope"} | {payload.TYPE for payload in CATALOGUE}


class TestExamples:
    @pytest.mark.parametrize("payload_class", CATALOGUE, ids=lambda payload: str(payload.NAME))
    def test_each_is_what_its_schema_and_its_class_take(self, payload_class: type[Payload]) -> None:
        schema = json_schema(payload_class)
        Draft202012Validator.check_schema(schema)
        (example,) = schema["examples"]
        Draft202012Validator(schema, format_checker=FormatChecker()).validate(example)
        assert payload_class.parse(json.dumps(example)).subject == example[schema["x-subject"]]

    def test_the_envelope_takes_a_whole_one(self) -> None:
        said = example(KudosGiven, json_schema(KudosGiven)["examples"][0])
        schema = envelope_schema()
        Draft202012Validator.check_schema(schema)
        Draft202012Validator(schema, format_checker=FormatChecker()).validate(said)
        assert parse_envelope(said, types={KudosGiven.TYPE: KudosGiven}, now=LATER).id


class TestWhatJsonSchemaHasNoWordsFor:
    def test_whose_it_is_what_it_refers_to_and_what_is_refused_besides(self) -> None:
        schema = json_schema(PaymentSucceeded)
        assert (schema["x-subject"], schema["x-creates"]) == ("payment_id", "payment")
        assert schema["x-refuses"] == ["a confirmation fee that doesn't say for which invitation"]
        kudos = json_schema(KudosGiven)["properties"]
        assert kudos["event_id"]["x-refers-to"] == "event"
        registered = json_schema(UserRegistered)
        assert registered["x-person"] == "user_id"
        personal = {name for name, each in registered["properties"].items() if "x-personal" in each}
        assert {"email", "phone_number", "last_name"} <= personal

    def test_who_may_publish_it(self) -> None:
        found = {payload.NAME: json_schema(payload)["x-published-by"] for payload in CATALOGUE}
        assert found["kudos.given"] == "anybody"
        assert found["attendance.settled"] == "workers"
