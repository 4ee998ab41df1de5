"""The CloudEvents 1.0 envelope: parse, validate, serialise.

Source: CloudEvents specification 1.0.2 and its JSON format. What is stricter here is Momento's
own: subject and time are required, data is an object of at most 64 KiB, ids at most 128
characters. Every fault of an input is found at once and named by its field.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import from_json, to_json

from domain.constants import (
    CLOCK_TOLERANCE,
    DATA_LIMIT_BYTES,
    ID_LIMIT_CHARACTERS,
    SOURCE_LIMIT_CHARACTERS,
)
from domain.faults import Fault, InvalidEnvelopeError, faults_of
from domain.payload import Instant, Payload
from domain.trace_context import (
    TRACEPARENT_LIMIT_CHARACTERS,
    check_traceparent,
    check_tracestate,
)

PRINTABLE = r"^[^\x00-\x1f\x7f-\x9f]+$"
PLAIN_TEXT = re.compile(r"[^\x00-\x1f\x7f-\x9f]*")
ATTRIBUTE_NAME = re.compile(r"[a-z0-9]{1,20}")
WORKERS_SOURCE = "/workers"
STRIPE_SOURCE = "/stripe"
CLERK_SOURCE = "/clerk"
# Whose domain events have ids that follow from what caused them: nobody else may take one.
RESERVED = {
    WORKERS_SOURCE: "is reserved for the workers' own follow-ups",
    STRIPE_SOURCE: "is reserved for what Stripe tells the gateway",
    CLERK_SOURCE: "is reserved for what Clerk tells the gateway",
}
AHEAD = "is more than 5 minutes in the future"
INT32 = 2**31
# Extensions travel with every copy of a domain event, so they are to stay few and short.
EXTENSIONS_AT_MOST = 32
EXTENSION_LIMIT_CHARACTERS = 2_048


class Attributes(BaseModel):
    """The context attributes, as they must be."""

    model_config = ConfigDict(extra="allow", hide_input_in_errors=True)

    specversion: Literal["1.0"]
    id: Annotated[str, Field(min_length=1, max_length=ID_LIMIT_CHARACTERS, pattern=PRINTABLE)]
    source: Annotated[
        str, Field(min_length=1, max_length=SOURCE_LIMIT_CHARACTERS, pattern=r"^[\x21-\x7e]+$")
    ]
    type: Annotated[str, Field(min_length=1, max_length=128, pattern=PRINTABLE)]
    subject: Annotated[str, Field(min_length=1, max_length=128, pattern=PRINTABLE)]
    time: Annotated[Instant, Field(strict=True)]
    datacontenttype: Literal["application/json"] | None = None
    dataschema: Annotated[str, Field(max_length=256, pattern=PRINTABLE)] | None = None
    traceparent: (
        Annotated[
            str,
            Field(max_length=TRACEPARENT_LIMIT_CHARACTERS),
            AfterValidator(check_traceparent),
        ]
        | None
    ) = None
    tracestate: (
        Annotated[
            str, Field(max_length=EXTENSION_LIMIT_CHARACTERS), AfterValidator(check_tracestate)
        ]
        | None
    ) = None
    actor: Annotated[str, Field(min_length=1, max_length=128, pattern=PRINTABLE)] | None = None


KNOWN_ATTRIBUTES = frozenset(Attributes.model_fields)


@dataclass(frozen=True, slots=True)
class Envelope:
    """A domain event as it is published; `data` is the payload as JSON text."""

    source: str
    id: str
    type: str
    subject: str
    time: datetime
    data: str
    traceparent: str | None = None
    actor: str | None = None
    cause: int | None = None
    attributes: dict[str, Any] | None = None
    tracestate: str | None = None


def enclose(payload: Payload, *, source: str, time: datetime, id: str, **others: Any) -> Envelope:
    """Put a payload into an envelope; `others` are traceparent, tracestate, actor, cause."""
    return Envelope(
        source=source,
        id=id,
        type=payload.TYPE,
        subject=payload.subject,
        time=time,
        data=payload.model_dump_json(exclude_unset=True),
        **others,
    )


def refuse_unfit(envelope: Envelope) -> None:
    """Hold an envelope made in Python to what is asked of one that came over HTTP.

    Raises InvalidEnvelopeError. The payload was checked when it was made.
    """
    faults: list[Fault] = []
    names = ("source", "id", "type", "subject", "time", "traceparent", "tracestate", "actor")
    try:
        Attributes.model_validate(
            {"specversion": "1.0", **{name: getattr(envelope, name) for name in names}}
        )
    except ValidationError as error:
        faults = faults_of(error)
    if len(envelope.data.encode()) > DATA_LIMIT_BYTES:
        faults.append(Fault("data", f"is larger than {DATA_LIMIT_BYTES} bytes"))
    elif "\\u0000" in envelope.data:
        faults += _nul_faults(from_json(envelope.data), "data")
    if faults:
        raise InvalidEnvelopeError(faults)


def read_json(raw: bytes) -> Any:
    """Parse JSON strictly: UTF-8, no NaN or Infinity, no depth that a stack couldn't bear."""
    try:
        return from_json(raw, allow_inf_nan=False)
    except ValueError as error:
        raise InvalidEnvelopeError([Fault("body", f"is not valid JSON: {error}")]) from None


def parse_envelope(said: Any, *, types: Mapping[str, type[Payload]], now: datetime) -> Envelope:
    """Check one domain event given as a JSON object; raise InvalidEnvelopeError naming all faults.

    `types` are the types that may be published; `now` is when it was received.
    """
    if not isinstance(said, dict):
        raise InvalidEnvelopeError([Fault("body", "must be a JSON object: one CloudEvent")])
    data = said.get("data")
    present = {name: value for name, value in said.items() if name != "data" and value is not None}
    attributes, faults = _check_attributes(present, now)
    payload_class = types.get(present.get("type", "")) if _is_text(present.get("type")) else None
    if payload_class is None and _is_text(present.get("type")):
        name = present["type"][:ID_LIMIT_CHARACTERS]
        faults.append(Fault("type", f"nobody may publish type {name!r}; see GET /v1/schemas"))
    text, data_faults = _check_data(data, payload_class, subject=present.get("subject"))
    faults += data_faults
    if faults or attributes is None:
        raise InvalidEnvelopeError(faults)
    extras = dict(attributes.model_extra or {})
    if attributes.dataschema is not None:
        extras["dataschema"] = attributes.dataschema
    return Envelope(
        source=attributes.source,
        id=attributes.id,
        type=attributes.type,
        subject=attributes.subject,
        time=attributes.time.astimezone(UTC),
        data=text,
        traceparent=attributes.traceparent,
        # On its own it means nothing.
        tracestate=attributes.tracestate or None if attributes.traceparent else None,
        actor=attributes.actor,
        attributes=extras or None,
    )


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _check_attributes(
    present: dict[str, Any], now: datetime
) -> tuple[Attributes | None, list[Fault]]:
    """Validate the attributes and add what pydantic can't know: the clock and the names."""
    faults = list(_attribute_name_faults(present))
    try:
        # Through JSON, so that strict parsing takes RFC 3339 text and nothing else for a time.
        attributes = Attributes.model_validate_json(to_json(present))
    except ValidationError as error:
        return None, faults + faults_of(error)
    if attributes.source in RESERVED:
        # Else somebody could take the id of what is yet to be published.
        faults.append(Fault("source", RESERVED[attributes.source]))
    if attributes.time > now + CLOCK_TOLERANCE:
        faults.append(Fault("time", AHEAD))
    return attributes, faults


def _attribute_name_faults(present: dict[str, Any]) -> Iterator[Fault]:
    """Hold extension attributes to CloudEvents' names and value types, and to our limits."""
    extensions = {name: present[name] for name in present.keys() - KNOWN_ATTRIBUTES}
    if not extensions:
        return
    if len(extensions) > EXTENSIONS_AT_MOST:
        yield Fault("body", f"has more than {EXTENSIONS_AT_MOST} extension attributes")
        return
    for name, value in sorted(extensions.items()):
        if name == "data_base64":
            yield Fault(name, "binary data is not supported; send a JSON object as data")
        elif not ATTRIBUTE_NAME.fullmatch(name):
            yield Fault(name[:40], "attribute names are 1 to 20 of a-z and 0-9")
        elif not isinstance(value, str | bool | int) or (
            isinstance(value, int) and not -INT32 <= value < INT32
        ):
            yield Fault(name, "attribute values are strings, booleans or 32-bit integers")
        elif isinstance(value, str) and not PLAIN_TEXT.fullmatch(value):
            yield Fault(name, "attribute values must not hold control characters")
        elif isinstance(value, str) and len(value) > EXTENSION_LIMIT_CHARACTERS:
            yield Fault(name, f"is longer than {EXTENSION_LIMIT_CHARACTERS} characters")


def _check_data(
    data: Any, payload_class: type[Payload] | None, *, subject: Any
) -> tuple[str, list[Fault]]:
    """Validate the payload and give it back as JSON text, each value in one way of writing it."""
    if not isinstance(data, dict):
        return "", [Fault("data", "must be a JSON object")]
    raw = to_json(data)
    if len(raw) > DATA_LIMIT_BYTES:
        return "", [Fault("data", f"is larger than {DATA_LIMIT_BYTES} bytes")]
    text = raw.decode()
    faults = list(_nul_faults(data, "data")) if "\\u0000" in text else []
    if "Infinity" in text and not _is_finite(text):
        return "", [*faults, Fault("data", "holds a number that is too large")]
    if payload_class is None:
        return text, faults
    try:
        payload = payload_class.parse(text)
    except ValidationError as error:
        return text, faults + faults_of(error, "data")
    if _is_text(subject) and payload.subject != subject:
        first = next(iter(payload_class.model_fields))
        faults.append(Fault("subject", f"must equal the first id of data, {first}, in lower case"))
    return payload.model_dump_json(exclude_unset=True), faults


def _is_finite(text: str) -> bool:
    """Say whether all numbers fit: 1e400 is valid JSON, but becomes infinite when read."""
    try:
        from_json(text, allow_inf_nan=False)
    except ValueError:
        return False
    return True


def _nul_faults(value: Any, path: str) -> Iterator[Fault]:
    """Find NUL characters, which Postgres can't keep."""
    if isinstance(value, str):
        if "\x00" in value:
            yield Fault(path, "must not hold a NUL character")
    elif isinstance(value, dict):
        for name, part in value.items():
            yield from _nul_faults(name, path)
            yield from _nul_faults(part, f"{path}.{name}")
    elif isinstance(value, list):
        for index, part in enumerate(value):
            yield from _nul_faults(part, f"{path}.{index}")
