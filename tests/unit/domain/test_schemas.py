"""The JSON Schemas say what may be said, and agree with what is taken."""

import json
from typing import Any

import pytest

from domain.catalogue import CATALOGUE
from domain.kudos.payloads import KudosGiven
from domain.payload import Payload
from domain.payments.payloads import PaymentSucceeded
from domain.schemas import envelope_schema, json_schema, schema_bundle


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
