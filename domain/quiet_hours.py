"""Quiet hours: when people sleep, by their own clocks. Pure."""

from datetime import UTC, datetime, timedelta

from domain.constants import QUIET_FROM, QUIET_UNTIL
from domain.zones import zone_of


def quiet_until(moment: datetime, zone: str) -> datetime | None:
    """Say until when something must wait that would go out at `moment`; None: it may go out.

    Quiet is from 21:00 to 08:00 as clocks show it in the IANA time zone `zone`, whichever of two
    equal times that is when they are put back, and however long the night is. The answer is the
    first moment that is no longer quiet, in UTC; like `moment` it is an instant with an offset.
    """
    there = zone_of(zone)
    local = moment.astimezone(there)
    if QUIET_UNTIL <= local.time() < QUIET_FROM:
        return None
    morning = local.date() + timedelta(days=1 if local.time() >= QUIET_FROM else 0)
    # In the pinned data no clock is changed between 7 and 8 in the morning: this is one moment, and
    # there is one.
    return datetime.combine(morning, QUIET_UNTIL, tzinfo=there).astimezone(UTC)


def quiet_from(moment: datetime, zone: str) -> datetime:
    """Say when the quiet hours begin on the day of a moment that isn't in them, in UTC."""
    there = zone_of(zone)
    today = moment.astimezone(there).date()
    # In the pinned data no clock is changed at nine in the evening either.
    return datetime.combine(today, QUIET_FROM, tzinfo=there).astimezone(UTC)
