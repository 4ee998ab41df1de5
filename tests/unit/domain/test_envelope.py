"""events.md, "Envelope": what is a domain event, and which field is at fault when it isn't."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain.catalogue import PUBLIC_TYPES
from domain.envelope import Envelope, enclose, parse_envelope, read_json
from domain.faults import InvalidEnvelopeError
from domain.kudos.payloads import KudosGiven

NOW = datetime(2026, 6, 20, 18, tzinfo=UTC)
ID, OTHER = "00000000-0000-4000-8000-00000000000a", "00000000-0000-4000-8000-00000000000b"
DATA = {"kudos_id": ID, "event_id": ID, "giver_id": ID, "receiver_id": OTHER, "kudo": "helpful"}
SAID = {
    "specversion": "1.0",
    "id": "1",
    "source": "/services/api",
    "type": "app.momento.kudos.given.v1",
    "subject": ID,
    "time": "2026-06-20T18:00:00Z",
    "data": DATA,
}
LONG = "x" * 70_000


def parse(**changed: Any) -> Envelope:
    """An attribute that is changed to None is left out."""
    said = {name: value for name, value in {**SAID, **changed}.items() if value is not None}
    return parse_envelope(said, types=PUBLIC_TYPES, now=NOW)


def faults(**changed: Any) -> dict[str, str]:
    with pytest.raises(InvalidEnvelopeError) as caught:
        parse(**changed)
    return {fault.field: fault.detail for fault in caught.value.faults}


def data(**changed: Any) -> dict[str, Any]:
    said = {**DATA, **changed}
    return {"data": {name: value for name, value in said.items() if value is not ...}}


class TestParseEnvelope:
    def test_a_domain_event_is_kept_as_it_was_said(self) -> None:
        envelope = parse()
        assert (envelope.source, envelope.id, envelope.subject) == ("/services/api", "1", ID)
        assert envelope.time == NOW
        assert json.loads(envelope.data) == DATA
        assert envelope.attributes is None

    @pytest.mark.parametrize(
        "text",
        ["2026-06-20T20:00:00+02:00", "2026-06-20T18:00:00.000000Z", "2026-06-20T12:30:00-05:30"],
    )
    def test_time_is_turned_into_utc(self, text: str) -> None:
        assert parse(time=text).time == NOW
        assert parse(time=text).time.tzinfo is UTC

    def test_unknown_attributes_are_kept(self) -> None:
        assert parse(tenant="a", priority=3, dry=True).attributes == {
            "tenant": "a",
            "priority": 3,
            "dry": True,
        }

    def test_optional_attributes_are_taken(self) -> None:
        trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
        envelope = parse(
            traceparent=trace, actor="/services/api", datacontenttype="application/json"
        )
        assert (envelope.traceparent, envelope.actor) == (trace, "/services/api")

    def test_five_minutes_in_the_future_are_within_a_clocks_tolerance(self) -> None:
        ahead = NOW + timedelta(minutes=5)
        assert parse(time=ahead.isoformat()).time == ahead

    @pytest.mark.parametrize("name", [name for name in SAID if name != "data"])
    def test_every_attribute_is_required(self, name: str) -> None:
        assert faults(**{name: None}) == {name: "is required"}

    @pytest.mark.parametrize(
        ("changed", "field"),
        [
            pytest.param({"specversion": "0.3"}, "specversion", id="another version"),
            pytest.param({"id": ""}, "id", id="empty id"),
            pytest.param({"id": "x" * 129}, "id", id="id of 129 characters"),
            pytest.param({"id": 1}, "id", id="id as a number"),
            pytest.param({"id": "a\x00b"}, "id", id="NUL in an id"),
            pytest.param({"source": "a b"}, "source", id="blank in a source"),
            pytest.param({"type": "kudos.given"}, "type", id="a name, not a type"),
            pytest.param({"type": "app.momento.attendance.settled.v1"}, "type", id="a follow-up"),
            pytest.param({"subject": OTHER}, "subject", id="not the first id of data"),
            pytest.param({"time": "2026-06-20T18:00:00"}, "time", id="naive time"),
            pytest.param({"time": 1_781_978_400}, "time", id="time as a number"),
            pytest.param({"time": "yesterday"}, "time", id="no time"),
            pytest.param({"time": "2026-06-20T18:05:00.000001Z"}, "time", id="the future"),
            pytest.param({"time": "1969-12-31T23:59:59Z"}, "time", id="before 1970"),
            pytest.param({"traceparent": "00-" + "0" * 32 + "-00f067aa0ba902b7-01"}, "traceparent"),
            pytest.param({"actor": ""}, "actor", id="empty actor"),
            pytest.param({"datacontenttype": "text/xml"}, "datacontenttype", id="not JSON"),
            pytest.param({"data_base64": "AA=="}, "data_base64", id="binary data"),
            pytest.param({"Tenant": "a"}, "Tenant", id="capitals in a name"),
            pytest.param({"tenant": {"a": 1}}, "tenant", id="an object as an attribute"),
            pytest.param({"tenant": 2**31}, "tenant", id="more than 32 bits"),
            pytest.param({"tenant": "a\nb"}, "tenant", id="a control character"),
        ],
    )
    def test_a_wrong_attribute_is_named(self, changed: dict[str, Any], field: str) -> None:
        assert set(faults(**changed)) == {field}

    @pytest.mark.parametrize(
        ("changed", "field"),
        [
            pytest.param({"data": None}, "data", id="none"),
            pytest.param({"data": [DATA]}, "data", id="a list"),
            pytest.param({"data": {**DATA, "note": LONG}}, "data", id="more than 64 KiB"),
            pytest.param(data(kudo=...), "data.kudo", id="a field left out"),
            pytest.param(data(kudo="nice"), "data.kudo", id="not of the enumeration"),
            pytest.param(data(kudoo="helpful"), "data.kudoo", id="misspelt"),
            pytest.param(data(giver_id="me"), "data.giver_id", id="no UUID"),
            pytest.param(data(giver_id=7), "data.giver_id", id="a number for a UUID"),
            pytest.param(data(giver_id=None), "data.giver_id", id="null for a UUID"),
        ],
    )
    def test_a_wrong_field_of_data_is_named(self, changed: dict[str, Any], field: str) -> None:
        assert set(faults(**changed)) == {field}

    def test_everything_that_is_wrong_is_named_at_once(self) -> None:
        wrong = faults(id=None, time="yesterday", Tenant="a", **data(kudo="nice", giver_id="me"))
        assert set(wrong) == {"id", "time", "Tenant", "data.kudo", "data.giver_id"}

    def test_a_subject_in_capitals_is_refused_with_a_hint(self) -> None:
        assert "in lower case" in faults(subject=ID.upper(), **data(kudos_id=ID.upper()))["subject"]

    def test_nul_in_text_is_found_where_it_is(self) -> None:
        said = {
            "type": "app.momento.social_profile.updated.v1",
            "data": {"user_id": ID, "bio": "a\x00b"},
        }
        assert faults(**said) == {"data.bio": "must not hold a NUL character"}

    def test_what_was_given_is_not_repeated(self) -> None:
        said = {
            "type": "app.momento.user.updated.v1",
            "data": {
                "user_id": ID,
                "phone_number": "CANARY",
                "email": "CANARY",
                "timezone": "CANARY",
            },
        }
        wrong = faults(**said)
        assert set(wrong) == {"data.phone_number", "data.email", "data.timezone"}
        assert "CANARY" not in repr(wrong)

    @pytest.mark.parametrize("said", [None, "text", 1, [SAID]])
    def test_what_is_no_object_is_no_domain_event(self, said: Any) -> None:
        with pytest.raises(InvalidEnvelopeError, match="one CloudEvent"):
            parse_envelope(said, types=PUBLIC_TYPES, now=NOW)


class TestReadJson:
    @pytest.mark.parametrize(
        "raw",
        [
            pytest.param(b"{", id="cut off"),
            pytest.param(b'{"a": NaN}', id="NaN"),
            pytest.param(b'{"a": Infinity}', id="Infinity"),
            pytest.param(b'"\xff"', id="invalid UTF-8"),
            pytest.param(b"[" * 10_000 + b"]" * 10_000, id="nested 10,000 deep"),
        ],
    )
    def test_what_is_no_json_is_refused(self, raw: bytes) -> None:
        with pytest.raises(InvalidEnvelopeError) as caught:
            read_json(raw)
        assert [fault.field for fault in caught.value.faults] == ["body"]


class TestEnclose:
    def test_a_payload_goes_through_its_envelope_unchanged(self) -> None:
        given = KudosGiven.model_validate(DATA)
        envelope = enclose(given, source="/services/api", time=NOW, id="1")
        assert (envelope.type, envelope.subject) == (SAID["type"], ID)
        assert KudosGiven.parse(envelope.data) == given

    def test_what_was_left_out_stays_left_out_and_null_stays_null(self) -> None:
        updated = PUBLIC_TYPES["app.momento.user.updated.v1"].parse(
            json.dumps({"user_id": ID, "email": None})
        )
        envelope = enclose(updated, source="/services/api", time=NOW, id="1")
        assert json.loads(envelope.data) == {"user_id": ID, "email": None}
