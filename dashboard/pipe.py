"""The way of all work, stage by stage: how much is in each, for how long, and how fast. Pure.

A stage whose oldest gets ever older is where the pipe is blocked.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from dashboard.links import with_query
from domain.figures.snapshot import ChannelNow, Count, How, Lane, Snapshot
from domain.figures.thresholds import LATE_S

# Over which the snapshot adds up what was lately done.
LATELY_MINUTES: Final = 10.0
_NONE = Count(0)


@dataclass(frozen=True, slots=True)
class Number:
    """A count with its noun, where its list is, and how much of an alarm it is above zero."""

    noun: str
    count: Count
    path: str
    tone: str = "plain"


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage: the parts of the snapshot that it is of, what is in it, and how it moves."""

    name: str
    title: str
    parts: tuple[str, ...]
    numbers: tuple[Number, ...]
    oldest_s: float | None = None
    a_minute: float | None = None
    moves: str = ""
    is_growing: bool = False
    words: str = ""


def pipe_of(now: Snapshot, before: Snapshot | None) -> tuple[Stage, ...]:
    """Give all stages; `before` is a snapshot of minutes ago, by which growth is told."""
    return (
        _outbox(now, before),
        _lanes(now, before),
        _outcomes(now),
        _notifications(now, before),
        _providers(now),
    )


def _outbox(now: Snapshot, before: Snapshot | None) -> Stage:
    queue, then = now.outbox.value, before.outbox.value if before else None
    oldest = queue.oldest_s if queue else None
    return Stage(
        *("outbox", "Outbox", ("outbox",)),
        numbers=(Number("to route", queue.waiting if queue else _NONE, "/outbox"),),
        oldest_s=oldest,
        a_minute=_a_minute(queue.left if queue else None),
        moves="routed",
        is_growing=_grows(oldest, then.oldest_s if then else None),
    )


def _lanes(now: Snapshot, before: Snapshot | None) -> Stage:
    lanes = now.lanes.value or ()
    oldest = _oldest(lanes)
    due = added(each.queued for each in lanes)
    numbers = [Number("due", due, "/deliveries?due=now")]
    if (strangers := now.strangers.value) and strangers.waiting.number:
        name = strangers.names[0] if len(strangers.names) == 1 else None
        path = with_query("/deliveries", due="now", handler=name)
        numbers.append(Number("of unknown handlers", strangers.waiting, path, "late"))
    return Stage(
        *("lanes", "Deliveries", ("lanes", "strangers")),
        numbers=tuple(numbers),
        oldest_s=oldest,
        a_minute=_a_minute(sum(sum(each.tries.values()) for each in lanes)),
        moves="tried",
        is_growing=_grows(oldest, _oldest(before.lanes.value or ()) if before else None),
    )


def _outcomes(now: Snapshot) -> Stage:
    counts = now.deliveries.value or {}
    tones = {"dead": "bad", "failed": "late"}
    lanes = now.lanes.value or ()
    return Stage(
        *("outcomes", "What became of them", ("deliveries", "lanes")),
        numbers=tuple(
            Number(
                state,
                counts.get(state, _NONE),
                "/dead" if state == "dead" else with_query("/deliveries", state=state),
                tones.get(state, "plain"),
            )
            for state in ("done", "deferred", "failed", "dead", "rejected")
        ),
        a_minute=_a_minute(sum(each.tries.get("done", 0) for each in lanes)),
        moves="done",
    )


def _notifications(now: Snapshot, before: Snapshot | None) -> Stage:
    channels = now.channels.value or ()
    oldest = _oldest(channels)
    told = sum(each.told.get(status, 0) for each in channels for status in ("sent", "unknown"))
    return Stage(
        *("notifications", "Notifications", ("channels",)),
        numbers=(
            Number("due", added(each.due for each in channels), "/notifications?state=scheduled"),
        ),
        oldest_s=oldest,
        a_minute=_a_minute(told),
        moves="sent",
        is_growing=_grows(oldest, _oldest(before.channels.value or ()) if before else None),
    )


def _providers(now: Snapshot) -> Stage:
    channels, resting = now.channels.value or (), now.resting.value or ()
    tone = "late" if resting else "plain"
    words = ", ".join(f"{each.port} rests: {each.reason}" for each in resting)
    unknown = added(each.unknown for each in channels)
    sending = added(each.sending for each in channels)
    return Stage(
        *("providers", "Providers", ("channels", "resting")),
        numbers=(
            Number("in hand", sending, "/notifications?state=sending", tone),
            Number("unknown", unknown, "/notifications?state=unknown", "late"),
        ),
        oldest_s=max((each.since_s for each in resting), default=None),
        a_minute=_a_minute(sum(each.told.get("delivered", 0) for each in channels)),
        moves="delivered",
        is_growing=any(each.since_s > LATE_S for each in resting),
        words=words,
    )


def added(counts: Iterable[Count]) -> Count:
    """Add counts up: at least so many, if any is counted to a limit only."""
    listed = list(counts)
    how = next((each.how for each in listed if each.how is not How.EXACT), How.EXACT)
    return Count(sum(each.number for each in listed), how)


def _oldest(queues: Iterable[Lane | ChannelNow]) -> float | None:
    return max((each.oldest_s for each in queues if each.oldest_s is not None), default=None)


def _grows(oldest_s: float | None, before_s: float | None) -> bool:
    return oldest_s is not None and oldest_s > LATE_S and oldest_s > (before_s or 0.0)


def _a_minute(lately: int | None) -> float | None:
    return None if lately is None else lately / LATELY_MINUTES
