"""What a rule or a handler can answer to one domain event: done, deferred or rejected."""

from dataclasses import dataclass
from typing import Final

# Notes on what changed nothing, since something newer says otherwise, or it says nothing itself.
NEWER_STANDS: Final = "newer_stands"
NOTHING_SAID: Final = "nothing_said"


@dataclass(frozen=True, slots=True)
class Accepted:
    """Applied. A note says so, and why, when it changed nothing or doesn't count."""

    note: str | None = None


@dataclass(frozen=True, slots=True)
class Deferred:
    """Refers to something that isn't there yet; tried again when that thing arrives.

    `awaits` names the thing as `kind:id`, e.g. `event:0198…`. Once patience is over it is dead,
    or, where a rule says so, rejected: `otherwise`.
    """

    awaits: str
    otherwise: "Rejected | None" = None


@dataclass(frozen=True, slots=True)
class Rejected:
    """Can never become valid: a reason code for machines and a sentence for people.

    `awaits` names what would show otherwise, if it is still to be heard of: a refused thing that
    another domain event makes after all, the end of the duo that a proposal was refused for. Then
    this one is judged again, so that the order of the two doesn't matter.
    """

    reason: str
    sentence: str
    awaits: str | None = None


@dataclass(frozen=True, slots=True)
class GivenUp:
    """Waited in vain: dead until ops decide. Dispatch says this, never a rule."""

    awaits: str


def in_vain(awaits: str) -> str:
    """Say of something that it was waited for in vain."""
    return f"waited in vain for {awaits}"


Verdict = Accepted | Deferred | Rejected | GivenUp

DONE = Accepted()


def refers_to_rejected(thing: str) -> Rejected:
    """Answer for what refers to a thing whose own domain event was rejected."""
    return Rejected("refers_to_rejected", f"it refers to {thing}, which was rejected", thing)
