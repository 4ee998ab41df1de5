"""The description of the gateway says what is there, no more and no less."""

from typing import Any

import pytest
from starlette.routing import Route

from gateway.app import ROUTES
from gateway.openapi import openapi
from gateway.reading import Mode


def references(part: Any) -> list[str]:
    if isinstance(part, list):
        return [found for entry in part for found in references(entry)]
    if not isinstance(part, dict):
        return []
    own = [part["$ref"]] if "$ref" in part else []
    return own + [found for entry in part.values() for found in references(entry)]


class TestOpenapi:
    def test_it_describes_every_path_and_method(self) -> None:
        described = {
            (path, method.upper()) for path, item in openapi()["paths"].items() for method in item
        }
        served = {
            (route.path, method)
            for route in ROUTES
            if isinstance(route, Route)
            for method in route.methods or ()
        }
        assert described == served - {(path, "HEAD") for path, _ in served}

    def test_every_reference_leads_somewhere(self) -> None:
        document = openapi()
        found = references(document)
        assert found
        for reference in found:
            place: Any = document
            for step in reference.removeprefix("#/").split("/"):
                place = place[step]

    def test_it_names_every_content_type_and_every_status(self) -> None:
        post = openapi()["paths"]["/v1/events"]["post"]
        assert set(post["requestBody"]["content"]) == {mode.value for mode in Mode}
        statuses = {"202", "400", "401", "403", "408", "413", "415", "422", "429", "503"}
        assert set(post["responses"]) == statuses

    @pytest.mark.parametrize("path", ["/webhooks/twilio/status", "/webhooks/twilio/inbound"])
    def test_twilio_must_sign(self, path: str) -> None:
        post = openapi()["paths"][path]["post"]
        assert post["security"] == [{"twilio": []}]
        assert openapi()["components"]["securitySchemes"]["twilio"]["name"] == "X-Twilio-Signature"
        statuses = {"400", "403", "408", "413", "415", "422", "429", "503"}
        assert statuses < set(post["responses"])

    def test_unsubscribing_needs_nothing_but_the_address(self) -> None:
        for described in openapi()["paths"]["/unsubscribe/{handover_id}"].values():
            assert "security" not in described
            assert [each["in"] for each in described["parameters"]] == ["path"]
