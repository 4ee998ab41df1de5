"""What becomes of something that a provider told us, and what is asked to say so."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from domain.envelope import STRIPE_SOURCE, Envelope, enclose
from domain.outbox import derived_id
from domain.payload import Payload
from domain.tables.inbox import InboxState


class Known(NamedTuple):
    """What a name of Stripe's stands for, as far as we know.

    Somebody, and an invitation unless it is about a subscription; of a payment that was published,
    its payment intent.
    """

    user_id: str | None = None
    event_id: str | None = None
    invitation_id: str | None = None
    payment_intent: str | None = None


NOBODY: Final = Known()


class Ask(NamedTuple):
    """What is asked of the caller."""

    # What a name stands for.
    known: Callable[[str], Known]
    # Whether an event has ever asked this fee; None if there is no such event.
    is_fee: Callable[[str, int], bool | None]


@dataclass(frozen=True, slots=True)
class Judgement:
    """What becomes of an event: its state, what is published, and what names stand for by it.

    `subscriber` has a subscription that is to be settled.
    """

    state: InboxState
    reason: str | None = None
    awaits: str | None = None
    published: tuple[Envelope, ...] = ()
    links: Mapping[str, Known] = field(default_factory=dict)
    subscriber: str | None = None


def ignored(reason: str) -> Judgement:
    """It is about nothing of ours."""
    return Judgement(InboxState.IGNORED, reason)


def held(reason: str) -> Judgement:
    """Somebody has to look at it."""
    return Judgement(InboxState.HELD, reason)


def waiting(name: str) -> Judgement:
    """It is judged again once we know what this name stands for."""
    return Judgement(InboxState.WAITING, "unknown_name", awaits=name)


def done(reason: str | None = None, **others: Any) -> Judgement:
    """All that follows from it is done."""
    return Judgement(InboxState.DONE, reason, **others)


def say(payload: Payload, *parts: str, at: datetime) -> Envelope:
    """Put into an envelope what follows from something of Stripe's, named by `parts`."""
    identity = derived_id("stripe", payload.NAME, *parts)
    return enclose(payload, source=STRIPE_SOURCE, time=at, id=identity)


def moment(seconds: int) -> datetime:
    """Read a time of Stripe's."""
    return datetime.fromtimestamp(seconds, UTC)
