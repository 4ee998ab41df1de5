"""What speaks against a host, and when somebody should look at them. Pure."""

import re
from collections.abc import Sequence
from datetime import datetime

from domain.constants import (
    FLAG_PAUSE,
    FLAGGING_CANCELLATIONS,
    FLAGGING_WINDOW,
    LATE_HOST_CANCELLATION,
    POOR_AVERAGE_AT_LEAST_RATINGS,
    POOR_AVERAGE_STARS,
)
from domain.tables.safety import HostAction
from domain.verdict import Rejected

_CODE = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", re.ASCII)
_CODE_LIMIT_CHARACTERS = 64


def judge_block(blocker: str, blocked: str) -> Rejected | None:
    """Refuse a block of oneself, and its end."""
    return Rejected("self", "nobody blocks themselves") if blocker == blocked else None


def judge_report(reporter: str, reported: str) -> Rejected | None:
    """Refuse a report about oneself."""
    return Rejected("self", "nobody reports themselves") if reporter == reported else None


def judge_cancellation(cancelled_at: datetime, starts_at: datetime) -> HostAction:
    """Tell a host's late cancellation, 48 h before the start or later, from an earlier one."""
    late = starts_at - cancelled_at <= LATE_HOST_CANCELLATION
    return HostAction.CANCELLED_LATE if late else HostAction.CANCELLED


def reason_code(reason: str | None) -> str | None:
    """Give the reason of a cancellation if it is a code; what somebody wrote in words stays out."""
    if reason is None or len(reason) > _CODE_LIMIT_CHARACTERS:
        return None
    return reason if _CODE.fullmatch(reason) else None


def frequent_cancellations(
    cancelled: Sequence[datetime], flagged: Sequence[datetime]
) -> list[datetime]:
    """Give the moments at which a host is to be flagged for cancelling, those known left out.

    Such a moment is a cancellation that is the third, or a further one, within the 90 days up to
    it. None lies within 90 days of another, known or new.
    """
    ordered = sorted(cancelled)
    found: list[datetime] = []
    for third, last in zip(ordered, ordered[FLAGGING_CANCELLATIONS - 1 :], strict=False):
        if last - third <= FLAGGING_WINDOW and may_flag(last, [*flagged, *found]):
            found.append(last)
    return found


def is_poorly_rated(rating_count: int, rating_sum: int) -> bool:
    """Say whether a host's average is under 3.0 stars, over at least 5 ratings."""
    enough = rating_count >= POOR_AVERAGE_AT_LEAST_RATINGS
    return enough and rating_sum < POOR_AVERAGE_STARS * rating_count


def may_flag(moment: datetime, flagged: Sequence[datetime]) -> bool:
    """Say whether a moment lies more than 90 days from every flag for the same reason."""
    return all(abs(moment - known) > FLAG_PAUSE for known in flagged)
