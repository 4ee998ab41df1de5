"""Times and dates are those of RFC 3339, and kept in one way of writing."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from domain.catalogue import PUBLIC_TYPES
from domain.envelope import Envelope, parse_envelope
from domain.faults import InvalidEnvelopeError

NOW = datetime(2026, 6, 20, 18, tzinfo=UTC)
A, B, C = (f"00000000-0000-4000-8000-00000000000{letter}" for letter in "abc")
SENT = {"invitation_id": A, "event_id": B, "user_id": C}
REGISTERED = {"user_id": A, "clerk_id": "ada", "birth_date": "1990-05-01"}

# Six o'clock in the evening, UTC.
WRITTEN = [
    pytest.param("2026-06-20T18:00:00Z", id="in UTC"),
    pytest.param("2026-06-20t18:00:00z", id="in small letters"),
    pytest.param("2026-06-20 18:00:00Z", id="with a blank"),
    pytest.param("2026-06-20T18:00:00+00:00", id="with an offset of nothing"),
    pytest.param("2026-06-20T18:00:00-00:00", id="with an unknown offset"),
    pytest.param("2026-06-20T12:30:00-05:30", id="west of Greenwich"),
    pytest.param("2026-06-20T18:00:00.0Z", id="with a tenth of a second"),
    pytest.param("2026-06-20T18:00:00.000000999Z", id="with nanoseconds, which are cut off"),
]
# What pydantic, Python or ISO 8601 would take for a time, and no other reader of RFC 3339.
UNREADABLE = [
    pytest.param("1781978400", id="seconds in quotes"),
    pytest.param("1781978400000", id="milliseconds in quotes"),
    pytest.param("1781978400.5", id="a fraction in quotes"),
    pytest.param("-1", id="a negative number"),
    pytest.param("2026-06-20T12:30:00\u221205:30", id="a minus that is none"),
    pytest.param("\u0662026-06-20T18:00:00Z", id="a digit of another script"),
    pytest.param("2026-W25-6T18:00:00Z", id="a week date"),
    pytest.param("2026-171T18:00:00Z", id="a day of the year"),
    pytest.param("20260620T180000Z", id="without separators"),
    pytest.param("2026-06-20T18:00Z", id="without seconds"),
    pytest.param("2026-06-20T18:00:00,5Z", id="with a comma"),
    pytest.param("2026-06-20T18:00:00.Z", id="with an empty fraction"),
    pytest.param("2026-06-20T20:00:00+02", id="an offset without minutes"),
    pytest.param("2026-06-20T20:00:00+0200", id="an offset without a colon"),
    pytest.param("2026-06-20T20:00:00+02:00:00", id="an offset with seconds"),
    pytest.param("2026-06-20_18:00:00Z", id="with an underscore"),
    pytest.param("2026-06-20T18:00:00Z\n", id="with a newline"),
    pytest.param(" 2026-06-20T18:00:00Z", id="after a blank"),
    pytest.param("2026-06-20T18:00:00", id="without an offset"),
    pytest.param("2026-06-20", id="a date"),
    pytest.param("2026-06-31T18:00:00Z", id="a day that is none"),
    pytest.param("2026-06-20T24:00:00Z", id="24 o'clock"),
    pytest.param("", id="nothing"),
]
NO_DATE = [
    pytest.param("641520000", id="seconds in quotes"),
    pytest.param("1990-W18-2", id="a week date"),
    pytest.param("1990-121", id="a day of the year"),
    pytest.param("19900501", id="without separators"),
    pytest.param("1990-5-1", id="with one digit"),
    pytest.param("1990-05-01T00:00:00", id="with a time"),
    pytest.param("1990\u221205\u221201", id="a minus that is none"),
    pytest.param("199\u0660-05-01", id="a digit of another script"),
    pytest.param("1990-05-01 ", id="with a blank"),
    pytest.param("1990-02-30", id="a day that is none"),
]


def said(name: str, data: Mapping[str, Any], *, time: str = "2026-06-20T18:00:00Z") -> Envelope:
    """Somebody says over HTTP that something happened."""
    return parse_envelope(
        {
            "specversion": "1.0",
            "id": "1",
            "source": "/services/api",
            "type": f"app.momento.{name}.v1",
            "subject": next(iter(data.values())).lower(),
            "time": time,
            "data": data,
        },
        types=PUBLIC_TYPES,
        now=NOW,
    )


def faults(name: str, data: Mapping[str, Any], **rest: str) -> set[str]:
    """Which fields are at fault."""
    with pytest.raises(InvalidEnvelopeError) as caught:
        said(name, data, **rest)
    return {fault.field for fault in caught.value.faults}


class TestInstant:
    @pytest.mark.parametrize("text", WRITTEN)
    def test_what_rfc_3339_has_is_the_time_of_a_domain_event(self, text: str) -> None:
        assert said("invitation.sent", SENT, time=text).time == NOW

    @pytest.mark.parametrize("text", WRITTEN)
    def test_what_rfc_3339_has_is_a_time_in_data_that_every_rule_can_read(self, text: str) -> None:
        kept = json.loads(said("invitation.sent", {**SENT, "expires_at": text}).data)
        assert datetime.fromisoformat(kept["expires_at"]) == NOW

    @pytest.mark.parametrize("text", UNREADABLE)
    def test_anything_else_is_refused_as_the_time_of_a_domain_event(self, text: str) -> None:
        assert faults("invitation.sent", SENT, time=text) == {"time"}

    @pytest.mark.parametrize("text", UNREADABLE)
    def test_anything_else_is_refused_in_data(self, text: str) -> None:
        assert faults("invitation.sent", {**SENT, "expires_at": text}) == {"data.expires_at"}

    def test_what_was_given_is_not_repeated(self) -> None:
        with pytest.raises(InvalidEnvelopeError) as caught:
            said("invitation.sent", {**SENT, "expires_at": "CANARY"}, time="CANARY")
        assert "CANARY" not in repr(caught.value.faults)


class TestFullDate:
    def test_what_rfc_3339_has_is_a_date(self) -> None:
        kept = json.loads(said("user.registered", REGISTERED).data)
        assert kept["birth_date"] == "1990-05-01"

    @pytest.mark.parametrize("text", NO_DATE)
    def test_anything_else_is_refused(self, text: str) -> None:
        wrong = faults("user.registered", {**REGISTERED, "birth_date": text})
        assert wrong == {"data.birth_date"}


class TestWaysOfWriting:
    """The same said in other words is kept in the same words: facts are compared by them."""

    @pytest.mark.parametrize(
        "other",
        [
            pytest.param({"event_id": B.upper()}, id="an id in capitals"),
            pytest.param({"expires_at": "2026-06-20 18:00:00z"}, id="a time"),
            pytest.param({"expires_at": "2026-06-20T18:00:00.000Z"}, id="a fraction of nothing"),
        ],
    )
    def test_are_one_in_the_ledger(self, other: dict[str, str]) -> None:
        plain = {**SENT, "expires_at": "2026-06-20T18:00:00Z"}
        kept = said("invitation.sent", {**plain, **other}).data
        assert kept == said("invitation.sent", plain).data

    def test_what_was_left_out_stays_left_out_and_null_stays_null(self) -> None:
        kept = json.loads(said("invitation.sent", {**SENT, "expires_at": None}).data)
        assert kept == {**SENT, "expires_at": None}
