"""Reads what a URL or a form asks for. Everything is bounded, and what can't be read is refused."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final, TypeVar
from uuid import UUID

from starlette.exceptions import HTTPException
from starlette.requests import Request

from domain.ops.pausing import Hold

LONGEST: Final = 400
HIGHEST: Final = 2**63 - 1
Asked = Mapping[str, str]
Word = TypeVar("Word")


def text(asked: Asked, name: str) -> str | None:
    """A text without the space around it; None if it is empty.

    Raises HTTPException (400) for one of more than LONGEST characters, or with a NUL in it.
    """
    value = asked.get(name, "").strip()
    if len(value) > LONGEST or "\0" in value:
        raise unreadable(name)
    return value or None


def word(asked: Asked, name: str, words: type[Word]) -> Word | None:
    """A word of an enumeration; None if none is given. Raises HTTPException (400) for another."""
    value = text(asked, name)
    try:
        return None if value is None else words(value)  # type: ignore[call-arg]
    except ValueError:
        raise unreadable(name) from None


def whole(asked: Asked, name: str) -> int | None:
    """A whole number, from 0 to what Postgres can hold; None if none is given.

    Raises HTTPException (400) for anything else.
    """
    value = text(asked, name)
    if value is None:
        return None
    if not value.isascii() or not value.isdigit() or int(value) > HIGHEST:
        raise unreadable(name)
    return int(value)


def truth(asked: Asked, name: str) -> bool | None:
    """True or false, as JSON writes it; None if neither is given.

    Raises HTTPException (400) for another text.
    """
    value = text(asked, name)
    if value not in (None, "true", "false"):
        raise unreadable(name)
    return None if value is None else value == "true"


def moment(asked: Asked, name: str, now: datetime) -> datetime | None:
    """A moment: so long ago (15m, 24h, 7d), or a date and time, UTC where no offset is given.

    None if none is given. Raises HTTPException (400) for what can't be read.
    """
    value = text(asked, name)
    if value is None:
        return None
    try:
        if value[-1] in _UNITS:
            return now - min(int(value[:-1]), 10_000) * _UNITS[value[-1]]
        read = datetime.fromisoformat(value)
        return read if read.tzinfo else read.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise unreadable(name) from None


def end(asked: Asked, now: datetime) -> datetime:
    """When something is to end: `for` so long from now (30m, 4h, 2d), or `until` a moment.

    Raises HTTPException: 422 if neither is given, 400 for what can't be read.
    """
    span = text(asked, "for")
    if span is not None:
        try:
            return now + min(int(span[:-1]), 10_000) * _UNITS[span[-1]]
        except (ValueError, KeyError, OverflowError):
            raise unreadable("for") from None
    until = moment(asked, "until", now)
    if until is None:
        raise HTTPException(422, "Say until when.")
    return until


def read_hold(asked: Asked, now: datetime) -> Hold:
    """What is to be paused, until when, why, and instead of which pause; raises as `end` does."""
    name, why = text(asked, "name") or "", asked.get("why", "")
    return Hold(name, end(asked, now), why, moment(asked, "instead_of", now))


_UNITS: Final = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}


def identity(asked: Asked, name: str) -> UUID:
    """The uuid that a path names; raises HTTPException (404) for what is none."""
    try:
        return UUID(asked.get(name, ""))
    except ValueError:
        raise HTTPException(404) from None


def uuid(asked: Asked, name: str) -> UUID:
    """The uuid that a filter or a form names; raises HTTPException (400) for what is none."""
    try:
        return UUID(asked.get(name, "").strip())
    except ValueError:
        raise unreadable(name) from None


def asked_of(request: Request) -> dict[str, str]:
    """The filters in the URL's query, those of NAMES; of several by one name the last."""
    return {name: value for name, value in request.query_params.items() if name in NAMES}


# The filters that pages have; a link keeps these and nothing else that somebody put into it.
NAMES: Final = (
    "state", "handler", "type", "subject", "user", "since", "until", "error", "died", "lane", "due",
    "after",
    "channel", "template", "reason",
    "person", "only",
    "as_of", "actor", "action", "kind",
)  # fmt: skip


def unreadable(name: str) -> HTTPException:
    """What to raise for a part of a URL or a form that can't be read."""
    return HTTPException(400, f"What stands at {name} can't be read.")
