"""From a body to domain events: what its content type promises, checked to the last fault."""

from collections.abc import Sequence
from datetime import datetime
from enum import Enum
from typing import Any, Final

from starlette.datastructures import Headers

from domain.catalogue import PUBLIC_TYPES
from domain.constants import BATCH_LIMIT
from domain.envelope import Envelope, parse_envelope, read_json
from domain.faults import Fault, InvalidEnvelopeError
from gateway.binary import PREFIX, attributes_of
from gateway.problems import Kind, ProblemError

FAULTS_SHOWN: Final = 1_000
# Whoever has made this many mistakes needs no exact count, and counting costs time.
FAULTS_COUNTED: Final = 10_000
FIELD_LIMIT_CHARACTERS: Final = 200


class Mode(Enum):
    """How a request carries domain events, by its content type."""

    STRUCTURED = "application/cloudevents+json"
    BATCH = "application/cloudevents-batch+json"
    BINARY = "application/json"


def mode_of(headers: Headers) -> Mode:
    """Say how a request carries domain events; raises ProblemError (415)."""
    said = media_type_of(headers)
    known = {mode.value: mode for mode in Mode}
    mode = known.get(said)
    if mode is None:
        message = f"Content-Type must be one of {', '.join(known)}."
        raise ProblemError(Kind.UNSUPPORTED, message)
    if mode is Mode.BINARY and not any(name.startswith(PREFIX) for name, _ in headers.raw):
        message = (
            f"{mode.value} is for binary mode, which needs ce- headers."
            f" Send a whole CloudEvent as {Mode.STRUCTURED.value}."
        )
        raise ProblemError(Kind.UNSUPPORTED, message)
    return mode


def media_type_of(headers: Headers) -> str:
    """Give a body's media type; raises ProblemError (415) if it isn't plain UTF-8."""
    said, *parameters = (part.strip() for part in headers.get("content-type", "").split(";"))
    charsets = [part.lower() for part in parameters if part.lower().startswith("charset=")]
    if any(charset not in {"charset=utf-8", 'charset="utf-8"'} for charset in charsets):
        raise ProblemError(Kind.UNSUPPORTED, "Send UTF-8; other character sets are not understood.")
    if headers.get("content-encoding", "identity").lower() != "identity":
        raise ProblemError(
            Kind.UNSUPPORTED, "Send the body uncompressed.", headers={"Accept-Encoding": "identity"}
        )
    return said.lower()


def said_in(raw: bytes, mode: Mode, *, headers: Headers) -> list[Any]:
    """What a body says, unchecked: one JSON value for each domain event.

    Raises ProblemError: 400 for what is no JSON, 413 and 422 for a batch of the wrong size.
    """
    try:
        said = read_json(raw)
    except InvalidEnvelopeError as error:
        detail = "; ".join(f"{fault.field} {fault.detail}" for fault in error.faults)
        raise ProblemError(Kind.UNREADABLE, f"The {detail}.") from None
    if mode is Mode.STRUCTURED:
        return [said]
    if mode is Mode.BINARY:
        return [_from_binary(said, headers)]
    if not isinstance(said, list) or not said:
        fault = Fault("body", "must be a JSON array of 1 to 1,000 CloudEvents")
        raise _refusal([(None, fault)], counted=1, detail="The batch holds no domain event.")
    if len(said) > BATCH_LIMIT:
        message = f"A batch holds at most {BATCH_LIMIT} domain events; this one holds {len(said)}."
        raise ProblemError(Kind.TOO_LARGE, message, members={"limit": BATCH_LIMIT})
    return said


def types_said(said: Sequence[Any]) -> set[str]:
    """The types that may be published at all, among those that a body names."""
    named = (one.get("type") for one in said if isinstance(one, dict))
    return {name for name in named if isinstance(name, str) and name in PUBLIC_TYPES}


def check(said: Sequence[Any], *, now: datetime) -> list[Envelope]:
    """Check each domain event; raises ProblemError (422) naming every fault of every one."""
    envelopes: list[Envelope] = []
    faults: list[tuple[int | None, Fault]] = []
    counted = faulty = 0
    for position, one in enumerate(said):
        try:
            envelopes.append(parse_envelope(one, types=PUBLIC_TYPES, now=now))
        except InvalidEnvelopeError as error:
            faulty += 1
            counted += len(error.faults)
            shown = error.faults[: FAULTS_SHOWN - len(faults)]
            faults += [(position, fault) for fault in shown]
        if counted > FAULTS_COUNTED:
            break
    if faulty:
        detail = f"{faulty} of {len(said)} refused, so nothing was published."
        raise _refusal(faults, counted=counted, detail=detail)
    return envelopes


def _from_binary(data: Any, headers: Headers) -> dict[str, Any]:
    try:
        return {**attributes_of(headers.raw), "data": data}
    except InvalidEnvelopeError as error:
        faults = [(0, fault) for fault in error.faults]
        detail = "Its ce- headers can't be read, so nothing was published."
        raise _refusal(faults, counted=len(faults), detail=detail) from None


def _refusal(
    faults: Sequence[tuple[int | None, Fault]], *, counted: int, detail: str
) -> ProblemError:
    listed = [
        {
            "position": position,
            "field": fault.field[:FIELD_LIMIT_CHARACTERS],
            "detail": fault.detail,
        }
        for position, fault in faults
    ]
    members: dict[str, Any] = {"faults": listed}
    if counted > len(listed):
        members["more_faults"] = counted - len(listed)
    return ProblemError(Kind.INVALID, detail, members=members)
