"""Whether a dead delivery is still worth a try: what it would do, and what the hour makes of it.

Pure: what is known of the things it is about comes in, and the moment.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

DAY: Final = timedelta(days=1)
HOUR_S: Final = 3_600


class Level(StrEnum):
    """What to make of it."""

    # What is in our tables is wrong until it is applied.
    WORTH = "worth it"
    # The tables need it; people would be told of something old, or not any more.
    LATE = "late"
    # Nothing would come of it.
    POINTLESS = "pointless"


@dataclass(frozen=True, slots=True)
class Worth:
    """What to make of it, and why, in a sentence."""

    level: Level
    sentence: str


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What is known of what a domain event is about; None where there is nothing of the kind."""

    time: datetime
    person_deleted: bool = False
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    is_cancelled: bool = False
    # When what it reminds of is over: an invitation's answer, a duo.
    expires_at: datetime | None = None


# These only tell somebody of something that is near; then it is past.
_NEAR_A_START: Final = frozenset({"event.reminder_due", "event.reconfirmation_requested"})
_NEAR_AN_END: Final = frozenset({"invitation.expiry_near", "duo.expiry_near"})
# These only tell, and what they tell stays true.
_NEWS: Final = frozenset(
    {"invitation.confirmed", "invitation.refused", "connection.mutual", "user.suspended"}
)
# These only remind, and whoever is reminded a day late has been left alone with it.
_REMINDERS: Final = frozenset({"photo_badge.end_near", "subscription.end_near"})
# A deletion is applied whatever became of the person, and so is what follows from it.
_OF_DELETION: Final = frozenset({"user.deleted", "user.departed"})


def judge_worth(name: str, known: Circumstances, *, now: datetime, tells: bool) -> Worth:
    """Say what a try would be good for; `tells`: the handler tells people of what it applies."""
    if known.person_deleted and name not in _OF_DELETION:
        return Worth(Level.POINTLESS, "The person is deleted: it would be rejected.")
    if name in _NEAR_A_START:
        return _near_a_start(known, now)
    if name in _NEAR_AN_END and known.expires_at is not None and known.expires_at <= now:
        ago = _ago(now - known.expires_at)
        return Worth(Level.POINTLESS, f"It reminds of something that ended {ago}.")
    age = now - known.time
    if name in _REMINDERS and age > DAY:
        return Worth(Level.LATE, f"It reminds of something near, and is from {_ago(age)}.")
    if name in _NEWS or tells:
        return _news(known, now, only=name in _NEWS)
    return Worth(Level.WORTH, "Our tables lack it until it is applied, whenever that is.")


def _near_a_start(known: Circumstances, now: datetime) -> Worth:
    if known.is_cancelled:
        return Worth(Level.POINTLESS, "The gathering is cancelled: nobody would be reminded.")
    if known.starts_at is not None and known.starts_at <= now:
        ago = _ago(now - known.starts_at)
        return Worth(Level.POINTLESS, f"It reminds of a gathering that began {ago}.")
    return Worth(Level.WORTH, "The gathering is still to come: people would be reminded.")


def _news(known: Circumstances, now: datetime, *, only: bool) -> Worth:
    over_at = known.ends_at or known.starts_at
    if over_at is not None and over_at <= now:
        ago = _ago(now - over_at)
        if only:
            return Worth(Level.LATE, f"It tells of a gathering that was over {ago}.")
        return Worth(
            Level.LATE,
            f"Our tables need it; the gathering was over {ago}, so few are told.",
        )
    if (age := now - known.time) > DAY:
        return Worth(Level.LATE, f"Somebody would be told now of what happened {_ago(age)}.")
    return Worth(Level.WORTH, "It is recent: who is concerned would be told, each thing once.")


def _ago(span: timedelta) -> str:
    seconds = int(span.total_seconds())
    if seconds >= 2 * DAY.total_seconds():
        return f"{span.days} days ago"
    if seconds >= HOUR_S:
        return f"{seconds // HOUR_S} h ago"
    return f"{seconds // 60} min ago"
