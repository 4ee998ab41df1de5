"""How somebody's subscriptions stand, by all that Stripe said of them. Pure.

Stripe gives times in whole seconds and promises no order, and often says two things of one
subscription within a second. Then its kind decides (made, changed, ended), and of changes the one
whose status no other has left.
"""

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from domain.inbox.stripe_events import StripeEvent
from domain.inbox.stripe_objects import Subscription
from domain.tables.users import SubscriptionStatus
from domain.users.payloads import SubscriptionChanged

# The higher, the later within a second.
RANKS: Final = {
    "customer.subscription.created": 0,
    "customer.subscription.updated": 1,
    "customer.subscription.deleted": 2,
}
OVER: Final = RANKS["customer.subscription.deleted"]
# What Stripe's status means here; every other is no subscription, or none any more.
STATUSES: Final = {
    "active": SubscriptionStatus.PREMIUM,
    "trialing": SubscriptionStatus.PREMIUM,
    "past_due": SubscriptionStatus.PAST_DUE,
}
# Of several subscriptions of one person the best counts.
WORTH: Final = {
    SubscriptionStatus.FREE: 0,
    SubscriptionStatus.PAST_DUE: 1,
    SubscriptionStatus.PREMIUM: 2,
}


class Said(NamedTuple):
    """What one event said of a subscription."""

    id: str
    rank: int
    status: str
    previous: str | None
    ends: int | None
    # Whose it is by that.
    owner: str


class Heard(NamedTuple):
    """All that is kept of a subscription: what was said in the newest second, and whose it is.

    `others` are those whose it was by an older word; `times` is how often it was heard of.
    """

    said_at: datetime
    said: Sequence[Said]
    owner: str
    others: AbstractSet[str] = frozenset()
    times: int = 0


class Standing(NamedTuple):
    """A subscription of somebody's, and what was said of it in the newest second.

    Nothing is, once it is another's.
    """

    id: str
    said_at: datetime
    said: Sequence[Said]


def hear(before: Heard | None, said: Said, *, at: datetime) -> Heard | None:
    """Give what is known of a subscription after one more word; None if that tells nothing new.

    An older word tells at most whose it once was: that person has it no more.
    """
    if before is None:
        return Heard(at, (said,), said.owner, times=1)
    people = {*before.others, before.owner, said.owner}
    if at < before.said_at:
        if said.owner in {*before.others, before.owner}:
            return None
        return before._replace(others=people - {before.owner}, times=before.times + 1)
    words = (*before.said, said) if at == before.said_at else (said,)
    owner = newest(words).owner
    return Heard(at, words, owner, people - {owner}, before.times + 1)


def said_by(event: StripeEvent, owner: str) -> Said:
    """Read what an event says of a subscription, which is this person's by it."""
    paid: Subscription = event.about
    rank = RANKS[event.type]
    if rank == OVER or paid.status not in STATUSES:
        ends = paid.ended_at
    else:
        periods = [item.current_period_end for item in paid.items.data]
        planned = [] if paid.cancel_at is None else [paid.cancel_at]
        ends = min([max(periods), *planned]) if periods else paid.cancel_at
    return Said(event.id, rank, paid.status, event.previous_status, ends, owner)


def newest(said: Iterable[Said]) -> Said:
    """Give the last of what was said within one second."""
    listed = list(said)
    highest = max(each.rank for each in listed)
    last = [each for each in listed if each.rank == highest]
    standing = [each for each in last if not any(_follows(other, each) for other in last)]
    return max(standing or last, key=lambda each: (each.ends or 0, each.id))


def _follows(later: Said, earlier: Said) -> bool:
    return later.previous == earlier.status != later.status


def settle_subscriptions(user_id: str, listed: Iterable[Standing]) -> SubscriptionChanged:
    """Say what somebody has, given all of their subscriptions."""

    def place(one: tuple[Standing, Said | None]) -> tuple[Any, ...]:
        subscription, said = one
        ends = None if said is None else said.ends
        return WORTH[_meaning(said)], ends or 0, subscription.said_at, subscription.id

    last = ((each, newest(each.said) if each.said else None) for each in listed)
    subscription, said = max(last, key=place)
    seconds = None if said is None else said.ends
    ends = None if seconds is None else datetime.fromtimestamp(seconds, UTC)
    return SubscriptionChanged(
        user_id=user_id,
        subscription_status=_meaning(said),
        subscription_ends=ends,
        # Of another's not even its name: by that a page for it could be opened.
        stripe_subscription_id=None if said is None else subscription.id,
    )


def _meaning(said: Said | None) -> SubscriptionStatus:
    if said is None or said.rank == OVER:
        return SubscriptionStatus.FREE
    return STATUSES.get(said.status, SubscriptionStatus.FREE)
