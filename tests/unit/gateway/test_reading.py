"""G11: whatever a body holds, reading it ends in domain events or in a refusal that names why."""

import json
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.datastructures import Headers

from domain.catalogue import PUBLIC_TYPES
from domain.constants import DATA_LIMIT_BYTES
from domain.envelope import Envelope
from gateway.problems import ProblemError
from gateway.reading import FAULTS_COUNTED, FAULTS_SHOWN, Mode, check, mode_of, said_in, types_said

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
NO_HEADERS = Headers()

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(), max_size=20)
    | st.sampled_from([str(uuid4()), "2026-11-20T18:00:00Z", "\0", "", 1e308, 2**63, "1.0"])
)
NAMES = st.text(max_size=5) | st.sampled_from(
    sorted({field for payload in PUBLIC_TYPES.values() for field in payload.model_fields})
)
VALUES = st.recursive(
    SCALARS, lambda part: st.lists(part, max_size=4) | st.dictionaries(NAMES, part, max_size=4)
)


@st.composite
def almost(draw: st.DrawFn) -> dict[str, Any]:
    """A domain event of any type, with some of it replaced, taken out or put in."""
    name = draw(st.sampled_from(sorted(PUBLIC_TYPES)))
    fields = list(PUBLIC_TYPES[name].model_fields)
    identity = str(uuid4())
    data = {field: draw(SCALARS) for field in fields} | {fields[0]: identity}
    said: dict[str, Any] = {
        "specversion": "1.0",
        "id": identity,
        "source": "/services/api",
        "type": name,
        "subject": identity,
        "time": "2026-11-20T18:00:00Z",
        "data": data,
    }
    for part in draw(st.lists(st.sampled_from(sorted(said)), max_size=2)):
        said[part] = draw(VALUES)
    said |= draw(st.dictionaries(st.text("abz09-", max_size=4), VALUES, max_size=2))
    return said


def outcome(raw: bytes, mode: Mode) -> list[Envelope] | ProblemError:
    try:
        return check(said_in(raw, mode, headers=NO_HEADERS), now=NOW)
    except ProblemError as problem:
        return problem


def refusal(said: Any, mode: Mode = Mode.BATCH) -> dict[str, Any]:
    found = outcome(json.dumps(said).encode(), mode)
    assert isinstance(found, ProblemError)
    return dict(found.body)


class TestAnyBody:
    @given(raw=st.binary(max_size=200), mode=st.sampled_from(Mode))
    def test_bytes_are_read_or_refused(self, raw: bytes, mode: Mode) -> None:
        found = outcome(raw, mode)
        assert isinstance(found, ProblemError)
        assert found.status in {400, 422}

    @settings(max_examples=300, deadline=None)
    @given(said=VALUES | almost() | st.lists(almost(), max_size=3), mode=st.sampled_from(Mode))
    def test_json_is_read_or_refused(self, said: Any, mode: Mode) -> None:
        found = outcome(json.dumps(said).encode(), mode)
        if isinstance(found, ProblemError):
            assert found.status in {400, 413, 422}
            json.dumps(found.body, allow_nan=False).encode()
        for envelope in found if isinstance(found, list) else ():
            assert len(envelope.data.encode()) <= DATA_LIMIT_BYTES
            assert "\\u0000" not in envelope.data
            assert isinstance(json.loads(envelope.data), dict)

    @settings(deadline=None)
    @given(almost())
    def test_types_are_those_that_may_be_published(self, said: dict[str, Any]) -> None:
        types = types_said([said, None, 7, {"type": ["kudos"]}, {"type": "nonsense"}])
        assert types <= set(PUBLIC_TYPES)


class TestCheck:
    def test_the_faults_shown_have_an_end_and_so_has_the_counting(self) -> None:
        data = {f"x{number}": 1 for number in range(1_000)}
        problem = refusal([{"type": "app.momento.kudos.given.v1", "data": data}] * 100)
        assert len(problem["faults"]) == FAULTS_SHOWN
        assert FAULTS_COUNTED < FAULTS_SHOWN + problem["more_faults"] < 2 * FAULTS_COUNTED

    def test_the_name_of_a_field_is_cut_short(self) -> None:
        said = {"type": "app.momento.kudos.given.v1", "data": {"x" * 60_000: 1}}
        assert max(len(fault["field"]) for fault in refusal([said])["faults"]) == 200


class TestModeOf:
    @pytest.mark.parametrize("mode", Mode)
    def test_each_content_type_has_a_mode(self, mode: Mode) -> None:
        headers = Headers({"content-type": mode.value, "ce-id": "7"})
        assert mode_of(headers) is mode

    def test_no_content_type_is_refused_with_those_there_are(self) -> None:
        with pytest.raises(ProblemError) as caught:
            mode_of(Headers())
        assert caught.value.status == 415
        assert all(mode.value in caught.value.body["detail"] for mode in Mode)
