"""What every payload does: name its subject and references, keep ids canonical, be strict."""

import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from pydantic import ValidationError

from domain.gatherings.payloads import EventPublished, EventUpdated, LocationAdded
from domain.invitations.payloads import InvitationSent
from domain.kudos.payloads import KudosGiven
from domain.payload import Payload, Stamp
from domain.payments.payloads import PaymentFailed, PaymentRefunded
from domain.users.payloads import HostProfileUpdated, UserRegistered, UserUpdated
from tests.factories.facts import START, a_stamp

A, B, C, D = (f"00000000-0000-4000-8000-00000000000{letter}" for letter in "abcd")
KUDOS = {"kudos_id": A, "event_id": B, "giver_id": C, "receiver_id": D, "kudo": "helpful"}
PAYMENT = {
    "payment_id": A,
    "user_id": B,
    "event_id": C,
    "invitation_id": D,
    "amount_in_cents": 500,
    "currency": "usd",
    "stripe_payment_intent_id": "pi",
}
STOP = {
    "location_id": C,
    "order": 1,
    "title": "Bar",
    "start_time": "2026-06-20T18:00:00Z",
    "end_time": "2026-06-20T21:00:00Z",
}
EVENT = {
    "event_id": A,
    "host_id": B,
    "title": "Drinks",
    "description": "In company",
    "min_attendees": 2,
    "max_attendees": 8,
    "confirmation_fee": 500,
    "itinerary": [STOP],
}
USER = {"user_id": A, "clerk_id": "ada", "birth_date": "1990-05-01"}


def parse(payload: type[Payload], said: dict[str, Any], **changed: Any) -> Payload:
    return payload.parse(json.dumps({**said, **changed}))


def faults(payload: type[Payload], said: dict[str, Any], **changed: Any) -> set[str]:
    with pytest.raises(ValidationError) as caught:
        parse(payload, said, **changed)
    return {".".join(map(str, error["loc"])) for error in caught.value.errors()}


class TestNames:
    def test_a_type_is_the_name_between_prefix_and_version(self) -> None:
        assert KudosGiven.NAME == "kudos.given"
        assert KudosGiven.TYPE == "app.momento.kudos.given.v1"

    def test_the_subject_is_the_first_field(self) -> None:
        assert parse(KudosGiven, KUDOS).subject == A
        assert parse(UserUpdated, {"user_id": C}).subject == C


class TestReferences:
    @pytest.mark.parametrize(
        ("payload", "said", "references"),
        [
            pytest.param(
                KudosGiven, KUDOS, {("event", B), ("user", C), ("user", D)}, id="each id of a thing"
            ),
            pytest.param(UserRegistered, USER, set(), id="not what it makes itself"),
            pytest.param(
                InvitationSent,
                {"invitation_id": A, "event_id": B, "user_id": C, "duo_id": D},
                {("event", B), ("user", C), ("duo", D)},
                id="a thing that somebody is asked with",
            ),
            pytest.param(
                HostProfileUpdated,
                {"user_id": A, "location_id": None},
                {("user", A)},
                id="not null",
            ),
            pytest.param(
                HostProfileUpdated,
                {"user_id": A, "location_id": B},
                {("user", A), ("location", B)},
                id="an optional one that is given",
            ),
            pytest.param(
                EventPublished,
                {**EVENT, "collaborators": [{"role": "Co-host", "user_id": D}]},
                {("user", B), ("location", C), ("user", D)},
                id="those in lists",
            ),
            pytest.param(PaymentFailed, PAYMENT, set(), id="money waits for nothing to be kept"),
            pytest.param(
                PaymentRefunded,
                {"payment_id": A, "stripe_refund_id": "re", "amount_in_cents": 1},
                {("payment", A)},
                id="a refund waits for its payment",
            ),
        ],
    )
    def test_a_payload_refers_to(
        self, payload: type[Payload], said: dict[str, Any], references: set[tuple[str, str]]
    ) -> None:
        assert set(parse(payload, said).references()) == references


class TestIds:
    def test_a_uuid_is_kept_in_lower_case(self) -> None:
        assert parse(KudosGiven, KUDOS, event_id=B.upper()).model_dump()["event_id"] == B

    def test_from_python_a_uuid_object_is_taken(self) -> None:
        assert KudosGiven.model_validate({**KUDOS, "event_id": UUID(B)}).event_id == B

    @pytest.mark.parametrize(
        "text",
        [
            pytest.param(B.replace("-", ""), id="without hyphens"),
            pytest.param("{" + B + "}", id="in braces"),
            pytest.param(f"urn:uuid:{B}", id="as a URN"),
            pytest.param(B + "\n", id="with a newline"),
            pytest.param(" " + B, id="with a blank"),
            pytest.param(B[:-1] + "g", id="not hexadecimal"),
            pytest.param(B[:-1] + "\uff11", id="a digit of another script"),
            pytest.param("", id="empty"),
        ],
    )
    def test_only_the_canonical_form_is_taken(self, text: str) -> None:
        assert faults(KudosGiven, KUDOS, event_id=text) == {"event_id"}


class TestStrictness:
    @pytest.mark.parametrize(
        ("payload", "said", "changed", "field"),
        [
            pytest.param(KudosGiven, KUDOS, {"note": "x"}, "note", id="unknown field"),
            pytest.param(KudosGiven, KUDOS, {"event_id": 7}, "event_id", id="number for a UUID"),
            pytest.param(PaymentFailed, PAYMENT, {"amount_in_cents": "500"}, "amount_in_cents"),
            pytest.param(PaymentFailed, PAYMENT, {"amount_in_cents": 5.5}, "amount_in_cents"),
            pytest.param(PaymentFailed, PAYMENT, {"amount_in_cents": True}, "amount_in_cents"),
            pytest.param(PaymentFailed, PAYMENT, {"amount_in_cents": 0}, "amount_in_cents"),
            pytest.param(PaymentFailed, PAYMENT, {"currency": "USD"}, "currency"),
            pytest.param(PaymentFailed, PAYMENT, {"invitation_id": None}, "", id="fee for nothing"),
            pytest.param(UserRegistered, USER, {"birth_date": "1990-02-30"}, "birth_date"),
            pytest.param(UserRegistered, USER, {"birth_date": 7}, "birth_date"),
            pytest.param(UserRegistered, USER, {"timezone": "Mars/Base"}, "timezone"),
            pytest.param(UserRegistered, USER, {"phone_number": "0151 1234"}, "phone_number"),
            pytest.param(EventPublished, EVENT, {"min_attendees": 9}, "", id="min over max"),
            pytest.param(EventPublished, EVENT, {"age_min": 40, "age_max": 30}, "", id="ages"),
            pytest.param(EventPublished, EVENT, {"itinerary": []}, "itinerary", id="no stop"),
            pytest.param(EventPublished, EVENT, {"itinerary": [STOP, STOP]}, "", id="one order"),
            pytest.param(
                EventPublished,
                EVENT,
                {"itinerary": [{**STOP, "end_time": STOP["start_time"]}]},
                "itinerary.0",
                id="a stop without length",
            ),
            pytest.param(
                EventPublished, EVENT, {"collaborators": [{"role": "DJ"}]}, "collaborators.0"
            ),
            pytest.param(EventUpdated, {"event_id": A}, {"host_id": B}, "host_id", id="new host"),
            pytest.param(EventUpdated, {"event_id": A}, {"title": None}, "title", id="no title"),
            pytest.param(
                LocationAdded,
                {"location_id": A, "name": "Bar", "latitude": 1, "longitude": 2},
                {"latitude": 90.1},
                "latitude",
                id="beyond the pole",
            ),
        ],
    )
    def test_what_is_malformed_is_refused_by_field(
        self, payload: type[Payload], said: dict[str, Any], changed: dict[str, Any], field: str
    ) -> None:
        assert parse(payload, said) is not None
        assert faults(payload, said, **changed) == {field}

    def test_a_subscription_needs_no_invitation(self) -> None:
        left_out = {"event_id": None, "invitation_id": None}
        assert parse(PaymentFailed, PAYMENT, purpose="subscription", **left_out).subject == A

    def test_a_payload_does_not_change(self) -> None:
        with pytest.raises(ValidationError):
            parse(KudosGiven, KUDOS).kudo = "inspiring"  # type: ignore[attr-defined]


class TestGiven:
    def test_null_was_said_and_what_was_left_out_was_not(self) -> None:
        assert parse(UserUpdated, {"user_id": A, "email": None}).given() == {
            "user_id": A,
            "email": None,
        }


class TestStamp:
    @pytest.mark.parametrize(
        ("first", "second"),
        [
            pytest.param(
                a_stamp(START, "b"), a_stamp(START + timedelta(microseconds=1), "a"), id="time"
            ),
            pytest.param(a_stamp(START, "a", "/b"), a_stamp(START, "b", "/a"), id="then id"),
            pytest.param(a_stamp(START, "a", "/a"), a_stamp(START, "a", "/b"), id="then source"),
            pytest.param(a_stamp(START, "Z"), a_stamp(START, "a"), id="text by bytes"),
            pytest.param(a_stamp(START, "\uffff"), a_stamp(START, "\U00010000"), id="of UTF-8"),
        ],
    )
    def test_the_order_is_by_time_then_id_then_source(self, first: Stamp, second: Stamp) -> None:
        assert first < second
        assert not second < first
