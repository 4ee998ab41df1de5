"""Reads a moment of the past from a URL, as somebody would say it."""

import re
from datetime import UTC, datetime, timedelta
from typing import Final

from starlette.exceptions import HTTPException

from dashboard.asking import Asked, moment, text, unreadable
from domain.constants import EARLIEST_TIME

_OF_DAY: Final = re.compile(r"([0-9]{1,2}):([0-9]{2})")


def past(asked: Asked, name: str, *, now: datetime) -> datetime | None:
    """A moment of the past, as `asking.moment` reads it, or the latest 02:14 or the like, UTC.

    None if none is given. Raises HTTPException (400) for what can't be read or is yet to come.
    """
    value = text(asked, name)
    if value is None:
        return None
    if of_day := _OF_DAY.fullmatch(value):
        try:
            then = now.astimezone(UTC).replace(
                hour=int(of_day[1]), minute=int(of_day[2]), second=0, microsecond=0
            )
        except ValueError:
            raise unreadable(name) from None
        return then if then <= now else then - timedelta(days=1)
    found = moment(asked, name, now)
    assert found is not None
    try:
        then = found.astimezone(UTC)
    except OverflowError:
        raise unreadable(name) from None
    if then < EARLIEST_TIME:
        raise unreadable(name)
    if then > now:
        raise HTTPException(400, "That is yet to come.")
    return then
