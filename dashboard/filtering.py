"""Reads the filters of lists, where a page of one begins, and which rows were picked."""

from collections.abc import Callable
from datetime import datetime
from typing import Final, TypeVar

from dashboard.asking import HIGHEST, Asked, moment, text, unreadable, uuid, word
from domain.lanes import LANES
from domain.ops.acting import Key
from domain.ops.cursors import MomentCursor
from domain.ops.filters import Cursor, DeliveryFilter
from domain.ops.tellings import TellingFilter
from domain.ops.triage import DeadSelection
from domain.tables.ledger import DeliveryState
from domain.tables.notifications import Channel, NotificationStatus, Template

At = TypeVar("At")

MOST_PICKED: Final = 100
# What is due by the time at which somebody looks.
NOW: Final = "now"


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
    return _read_after(asked, MomentCursor.parse)


def cursor(asked: Asked) -> Cursor | None:
    """Where a page of deliveries begins; None for the first."""
    return _read_after(asked, Cursor.parse)


def _read_after(asked: Asked, parse: Callable[[str], At | None]) -> At | None:
    value = asked.get("after", "")
    found = parse(value)
    if value and found is None:
        raise unreadable("after")
    return found


def selection(asked: Asked, picks: list[str], now: datetime) -> DeadSelection:
    """Which of the dead are meant: those that were picked, else those that the filters name.

    An empty text as the error means those that have kept none.
    """
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
