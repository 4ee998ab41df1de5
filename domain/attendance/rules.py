"""Whether somebody came, and how reliable that makes them. Pure."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import asin, cos, radians, sin, sqrt
from typing import Final

from domain.constants import (
    CHECK_IN_OPENS_BEFORE_START,
    CHECK_IN_RADIUS_METRES,
    EARTH_RADIUS_METRES,
    OUTCOME_CREDITS,
    RELIABILITY_HALF_LIFE,
    RELIABILITY_PRIOR,
    RELIABILITY_PRIOR_WEIGHT,
)
from domain.payload import Stamp
from domain.tables.attendance import AttendanceStatus
from domain.verdict import NEWER_STANDS

# The person has no attendance row (yet): what is said of them is kept and doesn't count.
NO_SEAT: Final = "no_seat"
PRESENT = (AttendanceStatus.ATTENDED, AttendanceStatus.LATE)


@dataclass(frozen=True, slots=True)
class Place:
    """A point on the Earth in degrees."""

    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True)
class CheckIn:
    """One try to check in."""

    stamp: Stamp
    place: Place


@dataclass(frozen=True, slots=True)
class Report:
    """The newest report of one person about another; `leads` when host or co-host made it."""

    stamp: Stamp
    reporter: str
    status: AttendanceStatus
    leads: bool


@dataclass(frozen=True, slots=True)
class Occasion:
    """What attendance at an event is judged by."""

    starts_at: datetime
    ends_at: datetime
    stops: Sequence[Place]
    finalized: bool


@dataclass(frozen=True, slots=True)
class Presence:
    """What is decided about one person at one event."""

    status: AttendanceStatus
    checked_in: CheckIn | None = None
    reported_by: str | None = None


def distance_metres(one: Place, other: Place) -> float:
    """Give the great-circle distance by the haversine formula, on a sphere."""
    north = radians(other.latitude - one.latitude)
    east = radians(other.longitude - one.longitude)
    half = sin(north / 2) ** 2 + (
        cos(radians(one.latitude)) * cos(radians(other.latitude)) * sin(east / 2) ** 2
    )
    return 2 * EARTH_RADIUS_METRES * asin(min(1.0, sqrt(half)))


def judge_check_in(check_in: CheckIn, occasion: Occasion) -> str | None:
    """Say why a check-in doesn't count: too_early, too_late, too_far; None when it does."""
    if check_in.stamp.time < occasion.starts_at - CHECK_IN_OPENS_BEFORE_START:
        return "too_early"
    if check_in.stamp.time > occasion.ends_at:
        return "too_late"
    near = any(
        distance_metres(check_in.place, stop) <= CHECK_IN_RADIUS_METRES for stop in occasion.stops
    )
    return None if near else "too_far"


def note_on_check_in(
    check_in: CheckIn, *, occasion: Occasion, presence: Presence | None
) -> str | None:
    """Say why a check-in changes nothing; `presence` is what is decided, None without a row."""
    why_not = judge_check_in(check_in, occasion)
    if why_not is not None:
        return why_not
    if presence is None:
        return NO_SEAT
    return None if presence.checked_in == check_in else "another_stands"


def note_on_report(
    said: Stamp, *, standing: Report | None, occasion: Occasion, has_row: bool
) -> str | None:
    """Say why a report changes nothing; None when it counts.

    `standing` is its author's newest report about that person, None when the author may not
    report; `has_row` says whether that person has an attendance row.
    """
    if standing is None:
        return "may_not_report"
    if standing.stamp != said:
        return NEWER_STANDS
    if said.time < occasion.starts_at:
        return "before_start"
    return None if has_row else NO_SEAT


def settle_presence(
    *,
    cancelled_late: bool,
    check_ins: Sequence[CheckIn],
    reports: Sequence[Report],
    occasion: Occasion,
) -> Presence:
    """Decide whether somebody came, in the order of precedence of the rules.

    `reports` are those of people who may report; those before the start don't count.
    """
    counting = [each for each in check_ins if judge_check_in(each, occasion) is None]
    checked_in = min(counting, key=lambda each: each.stamp.order, default=None)
    heard = [each for each in reports if each.stamp.time >= occasion.starts_at]
    if cancelled_late:
        return Presence(AttendanceStatus.CANCELLED_LATE, checked_in)
    deciding = deciding_report(heard)
    if deciding is not None:
        return Presence(deciding.status, checked_in, deciding.reporter)
    if checked_in is not None:
        return Presence(AttendanceStatus.ATTENDED, checked_in)
    if occasion.finalized:
        return Presence(AttendanceStatus.NO_SHOW)
    return Presence(AttendanceStatus.CONFIRMED)


def deciding_report(reports: Sequence[Report]) -> Report | None:
    """Give the report that decides: the newest of those who lead, else the majority's newest."""

    def newest(among: Sequence[Report]) -> Report:
        return max(among, key=lambda report: report.stamp.order)

    leading = [report for report in reports if report.leads]
    if leading:
        return newest(leading)
    if not reports:
        return None
    votes = Counter(report.status for report in reports)
    most = max(votes.values())
    # A tie goes to the status whose newest report is newest.
    return newest([report for report in reports if votes[report.status] == most])


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one event ended for somebody."""

    status: AttendanceStatus
    starts_at: datetime


def absentee_rating(outcomes: Sequence[Outcome]) -> float | None:
    """Give how reliable somebody is, in [0, 1]; None until the first outcome.

    A mean of credits that halve in weight each 180 days before the latest event, drawn towards
    0.9 by a prior of weight 3. Summed in a fixed order, so that the result is the same bit for bit.
    """
    settled = sorted(
        (each for each in outcomes if each.status in OUTCOME_CREDITS),
        key=lambda each: (each.starts_at, each.status),
    )
    if not settled:
        return None
    latest = settled[-1].starts_at
    weight_sum = RELIABILITY_PRIOR_WEIGHT
    credit_sum = RELIABILITY_PRIOR_WEIGHT * RELIABILITY_PRIOR
    for outcome in settled:
        weight = 2.0 ** -((latest - outcome.starts_at) / RELIABILITY_HALF_LIFE)
        weight_sum += weight
        credit_sum += weight * OUTCOME_CREDITS[outcome.status]
    return credit_sum / weight_sum
