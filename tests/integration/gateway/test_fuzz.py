"""G11: garbage over real HTTP is answered with a refusal, never with a fault of ours."""

import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from tests.integration.gateway.scene import KUDOS, MANY, NOTHING, ONE, Served, kudos, rows

# The server outlives the examples on purpose: one must not spoil it for the next.
LASTING = settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda part: st.lists(part, max_size=3) | st.dictionaries(st.text(max_size=8), part),
    max_leaves=10,
)
CONTENT_TYPES = st.sampled_from([ONE, MANY, "application/json"])
HEADER_TEXT = st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=20)
GOOD = kudos()


@st.composite
def spoilt(draw: st.DrawFn) -> Any:
    """A good domain event with one part that can't be right."""
    said = {**GOOD, "data": dict(GOOD["data"])}
    place = draw(st.sampled_from([said, said["data"]]))
    name = draw(st.sampled_from(sorted(place)))
    place[name] = draw(JSON.filter(lambda value: value is not None and value != place[name]))
    said["id"] = ""
    return draw(st.sampled_from([said, [said], [GOOD, said]]))


class TestPublishEvents:
    @LASTING
    @given(body=st.binary(max_size=300) | JSON.map(lambda said: json.dumps(said).encode()))
    def test_garbage_is_refused(self, engine: Engine, served: Served, body: bytes) -> None:
        for content_type in (ONE, MANY, "application/json"):
            assert served.post(body, content_type).status_code in {400, 413, 415, 422}
        assert rows(engine) == NOTHING

    @LASTING
    @given(said=spoilt())
    def test_what_is_almost_right_is_refused(
        self, engine: Engine, served: Served, said: Any
    ) -> None:
        answer = served.post(said)
        assert answer.status_code in {400, 403, 422}
        assert rows(engine) == NOTHING

    @LASTING
    @given(
        content_type=HEADER_TEXT | CONTENT_TYPES,
        attributes=st.dictionaries(st.text("abc-09", min_size=1, max_size=6), HEADER_TEXT),
        authorization=HEADER_TEXT | st.none(),
    )
    def test_headers_are_refused(
        self,
        served: Served,
        content_type: str,
        attributes: dict[str, str],
        authorization: str | None,
    ) -> None:
        headers = {f"ce-{name}": value for name, value in attributes.items()}
        headers |= {"ce-type": KUDOS}
        if authorization is not None:
            headers["authorization"] = authorization
        answer = served.post({}, content_type, **headers)
        assert 400 <= answer.status_code < 500
        assert answer.json()["status"] == answer.status_code
