"""What becomes of a duo, given everything that happened to it and to its two people. Pure."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from domain.constants import DUO_LIFE
from domain.facts import Fact
from domain.payload import Stamp
from domain.tables.duos import DuoStatus
from domain.verdict import Rejected

OPEN = (DuoStatus.PENDING, DuoStatus.ACTIVE)
# One blocked the other, or was deleted.
PARTED = "parted"


@dataclass(frozen=True, slots=True)
class Block:
    """One of the two blocks the other (`blocks`), or ends that."""

    stamp: Stamp
    blocker: str
    blocks: bool


@dataclass(frozen=True, slots=True)
class Outing:
    """A completed event to which both were invited with their duo, and to which both came."""

    event: str
    starts_at: datetime
    completed_at: datetime


@dataclass(frozen=True, slots=True)
class Span:
    """From when until when a duo is open; without its end, and empty when that is the start."""

    opened_at: datetime
    open_until: datetime

    def overlaps(self, other: "Span") -> bool:
        """Say whether there is a moment in both."""
        return max(self.opened_at, other.opened_at) < min(self.open_until, other.open_until)


@dataclass(slots=True)
class Pact:
    """A duo on its way through what happened to it, and where it ends.

    `ended_by` is the place of the decline, expiry, block or deletion that was first.
    """

    opened_at: datetime
    expires_at: datetime
    open_until: datetime
    status: DuoStatus = DuoStatus.PENDING
    active_since: datetime | None = None
    ended_by: Stamp | None = None
    completed_by: Outing | None = None
    notes: dict[Stamp, str] = field(default_factory=dict)

    @property
    def span(self) -> Span:
        """From when until when it is open."""
        return Span(self.opened_at, self.open_until)


def expiry(proposed: Fact) -> datetime:
    """Give until when a duo may last."""
    given = proposed.data.get("expires_at")
    # RFC 3339 allows a small t and z, which Python doesn't read.
    return datetime.fromisoformat(given.upper()) if given else proposed.stamp.time + DUO_LIFE


def judge_proposal(proposed: Fact) -> Rejected | None:
    """Refuse a duo with oneself, and one that would be over before it begins."""
    if proposed.data["initiator_id"] == proposed.data["partner_id"]:
        return Rejected("self", "nobody is a duo alone")
    if expiry(proposed) <= proposed.stamp.time:
        return Rejected("expires_at_once", "expires_at is not later than its time")
    return None


def is_blocked(blocks: Iterable[Block], moment: datetime) -> bool:
    """Say whether a block between the two stands at a moment, in either direction."""
    newest: dict[str, bool] = {}
    for block in sorted(blocks, key=lambda block: block.stamp.order):
        if block.stamp.time <= moment:
            newest[block.blocker] = block.blocks
    return any(newest.values())


def settle_duo(
    facts: Sequence[Fact],
    blocks: Sequence[Block],
    *,
    deleted_at: datetime | None,
    outings: Iterable[Outing],
) -> Pact:
    """Fold what happened to a duo into where it stands.

    The proposal comes first, whatever its time; of several the earliest stands. `deleted_at` is
    when the first of the two was deleted.
    """
    proposed, *repeated = sorted(
        (fact for fact in facts if fact.kind == "duo.proposed"), key=lambda fact: fact.stamp.order
    )
    pact = Pact(proposed.stamp.time, expiry(proposed), expiry(proposed))
    pact.notes.update((fact.stamp, "already_proposed") for fact in repeated)
    for step in _timeline(facts, blocks, deleted_at=deleted_at, opened_at=pact.opened_at):
        _MOVES[step.kind](pact, step)
    _complete(pact, outings)
    return pact


def _timeline(
    facts: Iterable[Fact],
    blocks: Sequence[Block],
    *,
    deleted_at: datetime | None,
    opened_at: datetime,
) -> list[Fact]:
    """Put what happened after the proposal into one order.

    A block that stood already counts as of the proposal; of what happened at one moment that, and
    a deletion, come first.
    """
    steps = [fact for fact in facts if fact.kind != "duo.proposed"]
    later = [block.stamp for block in blocks if block.blocks and block.stamp.time > opened_at]
    if is_blocked(blocks, opened_at):
        later.append(Stamp(opened_at, "", ""))
    if deleted_at is not None:
        later.append(Stamp(deleted_at, "", ""))
    steps += [Fact(PARTED, stamp, {}) for stamp in later]
    return sorted(steps, key=lambda step: step.stamp.order)


def _accept(pact: Pact, step: Fact) -> None:
    if pact.status is not DuoStatus.PENDING:
        pact.notes[step.stamp] = f"duo_{pact.status}"
    elif step.stamp.time > pact.expires_at:
        pact.notes[step.stamp] = "too_late"
    else:
        pact.status = DuoStatus.ACTIVE
        pact.active_since = max(pact.opened_at, step.stamp.time)


def _decline(pact: Pact, step: Fact) -> None:
    _end(pact, step, status=DuoStatus.DECLINED)


def _expire(pact: Pact, step: Fact) -> None:
    if pact.status in OPEN and step.stamp.time < pact.expires_at:
        pact.notes[step.stamp] = "not_due"
    else:
        _end(pact, step)


def _end(pact: Pact, step: Fact, *, status: DuoStatus = DuoStatus.EXPIRED) -> None:
    """End what is open; after the first end the rest has no effect."""
    if pact.status not in OPEN:
        pact.notes[step.stamp] = f"duo_{pact.status}"
        return
    pact.status = status
    pact.ended_by = step.stamp
    _close(pact, step.stamp.time)


def _close(pact: Pact, moment: datetime) -> None:
    """Let it be open until a moment at most; what is older than the proposal closes it at once."""
    pact.open_until = max(pact.opened_at, min(pact.open_until, moment))


_MOVES: dict[str, Callable[[Pact, Fact], None]] = {
    "duo.accepted": _accept,
    "duo.declined": _decline,
    "duo.expired": _expire,
    PARTED: _end,
}


def _complete(pact: Pact, outings: Iterable[Outing]) -> None:
    """Complete a duo that was active when an outing of theirs started, whatever came after.

    At one and the same moment the start comes first: whoever ends it then was too late, and so was
    whoever agreed only then.
    """
    if pact.active_since is None:
        return
    counting = [o for o in outings if pact.active_since < o.starts_at <= pact.open_until]
    if not counting:
        return
    first = min(counting, key=lambda outing: (outing.completed_at, outing.event))
    if pact.ended_by is not None:
        pact.notes[pact.ended_by] = "duo_completed"
    pact.status = DuoStatus.COMPLETED
    pact.completed_by = first
    _close(pact, first.completed_at)
