"""What the gateway tells about itself."""

import pytest

from domain.catalogue import TYPES
from tests.integration.gateway.scene import KUDOS, Served


class TestSchemas:
    def test_every_type_is_listed_with_where_its_schema_is(self, served: Served) -> None:
        listed = served.client.get("/v1/schemas").json()
        assert [entry["type"] for entry in listed["types"]] == list(TYPES)
        for path in [listed["envelope"], *(entry["schema"] for entry in listed["types"])]:
            answer = served.client.get(path)
            assert answer.status_code == 200
            assert answer.json()["$id"].endswith(path)

    @pytest.mark.parametrize("name", [KUDOS, "kudos.given"])
    def test_a_type_is_found_by_its_full_and_its_short_name(
        self, served: Served, name: str
    ) -> None:
        answer = served.client.get(f"/v1/schemas/{name}")
        assert answer.headers["content-type"] == "application/schema+json"
        assert answer.json()["title"] == "kudos.given"

    @pytest.mark.parametrize("name", ["kudos.taken", "..%2f..%2fetc", "Payload", ""])
    def test_another_name_is_not_found(self, served: Served, name: str) -> None:
        assert served.client.get(f"/v1/schemas/{name}").status_code in {307, 404}

    def test_it_needs_no_key(self, served: Served) -> None:
        for path in ("/v1/schemas", "/openapi.json", "/livez", "/readyz"):
            assert served.client.get(path).status_code == 200

    def test_openapi_is_served(self, served: Served) -> None:
        assert served.client.get("/openapi.json").json()["openapi"] == "3.1.0"
