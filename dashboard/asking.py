"""Reads what a URL or a form asks for. Everything is bounded, and what can't be read is refused."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final, TypeVar
from uuid import UUID

from starlette.exceptions import HTTPException
from starlette.requests import Request

from domain.lanes import LANES
from domain.ops.acting import Key
from domain.ops.cursors import MomentCursor
from domain.ops.filters import Cursor, DeliveryFilter
from domain.ops.pausing import Hold
from domain.ops.tellings import TellingFilter
from domain.ops.triage import DeadSelection
from domain.tables.ledger import DeliveryState
from domain.tables.notifications import Channel, NotificationStatus, Template

LONGEST: Final = 400
MOST_PICKED: Final = 100
HIGHEST: Final = 2**63 - 1
# What is due by the time at which somebody looks.
NOW: Final = "now"
Asked = Mapping[str, str]
Word = TypeVar("Word")


def text(asked: Asked, name: str) -> str | None:
    """A text; None if it is empty. Raises HTTPException for one that nobody would mean."""
    value = asked.get(name, "").strip()
    if len(value) > LONGEST or "\0" in value:
        raise unreadable(name)
    return value or None


def word(asked: Asked, name: str, words: type[Word]) -> Word | None:
    """A word of an enumeration; None if none is given."""
    value = text(asked, name)
    try:
        return None if value is None else words(value)  # type: ignore[call-arg]
    except ValueError:
        raise unreadable(name) from None


def whole(asked: Asked, name: str) -> int | None:
    """A whole number that Postgres can hold; None if none is given."""
    value = text(asked, name)
    if value is None:
        return None
    if not value.isascii() or not value.isdigit() or int(value) > HIGHEST:
        raise unreadable(name)
    return int(value)


def truth(asked: Asked, name: str) -> bool | None:
    """Yes or no, as JSON says it; None if neither is given."""
    value = text(asked, name)
    if value not in (None, "true", "false"):
        raise unreadable(name)
    return None if value is None else value == "true"


def moment(asked: Asked, name: str, now: datetime) -> datetime | None:
    """A moment: so long ago (15m, 24h, 7d), or a date and time, UTC where no offset is given."""
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
    """When something is to end: `for` so long (30m, 4h, 2d), or `until` a moment."""
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
    """What is to be held back, until when, why, and which pause that replaces."""
    name, why = text(asked, "name") or "", asked.get("why", "")
    return Hold(name, end(asked, now), why, moment(asked, "instead_of", now))


_UNITS: Final = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}


def identity(asked: Asked, name: str) -> UUID:
    """A uuid; raises HTTPException (404) for what is none."""
    try:
        return UUID(asked.get(name, ""))
    except ValueError:
        raise HTTPException(404) from None


def uuid(asked: Asked, name: str) -> UUID:
    """A uuid in a filter; raises HTTPException (400) for what is none."""
    try:
        return UUID(asked.get(name, "").strip())
    except ValueError:
        raise unreadable(name) from None


def delivery_filter(asked: Asked, now: datetime) -> DeliveryFilter:
    """Which deliveries are asked for."""
    return DeliveryFilter(
        state=word(asked, "state", DeliveryState),
        handler=text(asked, "handler"),
        type=text(asked, "type"),
        subject=text(asked, "subject"),
        user=text(asked, "user"),
        since=moment(asked, "since", now),
        until=moment(asked, "until", now),
        error=text(asked, "error"),
        died=moment(asked, "died", now),
        lane=_lane(asked),
        due=now if text(asked, "due") == NOW else moment(asked, "due", now),
    )


def _lane(asked: Asked) -> str | None:
    lane = text(asked, "lane")
    if lane is not None and lane not in LANES:
        raise unreadable("lane")
    return lane


def telling_filter(asked: Asked, now: datetime) -> TellingFilter:
    """Which notifications are asked for; a person by their id, or it can't be read."""
    user = text(asked, "user")
    return TellingFilter(
        user=None if user is None else uuid(asked, "user"),
        channel=word(asked, "channel", Channel),
        template=word(asked, "template", Template),
        state=word(asked, "state", NotificationStatus),
        reason=text(asked, "reason"),
        since=moment(asked, "since", now),
        until=moment(asked, "until", now),
    )


def moment_cursor(asked: Asked) -> MomentCursor | None:
    """Where a page of notifications, or of bulk operations, begins; None for the first."""
    value = asked.get("after", "")
    found = MomentCursor.parse(value)
    if value and found is None:
        raise unreadable("after")
    return found


def cursor(asked: Asked) -> Cursor | None:
    """Where the page begins; None for the first."""
    value = asked.get("after", "")
    found = Cursor.parse(value)
    if value and found is None:
        raise unreadable("after")
    return found


def selection(asked: Asked, picks: list[str], now: datetime) -> DeadSelection:
    """Which of the dead are meant. `none` as the error means those that have kept none."""
    if picks:
        return DeadSelection(keys=tuple(key(pick) for pick in picks[:MOST_PICKED]))
    error = asked.get("error")
    return DeadSelection(
        handler=text(asked, "handler"),
        error=text(asked, "error") or "" if error is not None else None,
        died=moment(asked, "died", now),
    )


def key(value: str) -> Key:
    """A delivery's key, `seq~handler` as pages write it; raises HTTPException for another text."""
    found = Cursor.parse(f"{value}~")
    if found is None or found.seq > HIGHEST:
        raise unreadable("pick")
    return found.seq, found.handler


def asked_of(request: Request) -> dict[str, str]:
    """What the URL's query says, the last of each name."""
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
