"""What somebody likes, has earned and pays for."""

from datetime import datetime
from typing import NamedTuple

from sqlmodel import Session

from domain.constants import SUBSCRIPTION_GRACE
from domain.sql import fetch


def interests(session: Session, user_id: str) -> list[str]:
    """Give the names of somebody's interests, by the alphabet.

    Primary keys of profile_interests and interests. Cost: the interests somebody has chosen.
    """
    rows = fetch(
        session,
        """
        SELECT interests.name FROM profile_interests AS chosen
        JOIN interests ON interests.id = chosen.interest_id
        WHERE chosen.user_id = %(user)s ORDER BY interests.name
        """,
        user=user_id,
    )
    return [name for (name,) in rows]


class Subscribed(NamedTuple):
    """What somebody pays for, as Stripe has it, and whether it is theirs at the moment."""

    status: str
    ends: datetime | None
    is_active: bool


def subscription_of(session: Session, user_id: str, *, now: datetime) -> Subscribed | None:
    """Say how somebody stands by their subscription at `now`; None if there is nobody.

    Active is premium, until three days after subscription_ends; past_due within these three days.
    It doesn't matter whether the scheduler has ended it yet. Primary key of users. Cost: one row.
    """
    rows = fetch(
        session,
        """
        SELECT subscription_status, subscription_ends,
            subscription_status = 'premium' AND subscription_ends IS NULL
            OR subscription_status IN ('premium', 'past_due')
            AND coalesce(%(now)s <= subscription_ends + %(grace)s, false)
        FROM users WHERE id = %(user)s
        """,
        user=user_id,
        now=now,
        grace=SUBSCRIPTION_GRACE,
    )
    return Subscribed(*rows[0]) if rows else None


def is_subscription_active(session: Session, user_id: str, *, now: datetime) -> bool:
    """Say whether what somebody pays for is theirs at `now`; see `subscription_of`.

    Primary key of users. Cost: one row.
    """
    standing = subscription_of(session, user_id, now=now)
    return standing is not None and standing.is_active


class KudosTally(NamedTuple):
    """How often somebody was thanked for one thing."""

    kudo: str
    times: int


def kudos_showcase(session: Session, user_id: str) -> list[KudosTally]:
    """Give for what somebody was thanked, and how often, the most frequent first.

    Column: user_internal_metrics.aggregated_kudos, by its primary key. Cost: one row, however many
    kudos there are.
    """
    rows = fetch(
        session,
        """
        SELECT thanked.key, thanked.value::int
        FROM user_internal_metrics AS kept
        CROSS JOIN LATERAL jsonb_each_text(kept.aggregated_kudos) AS thanked
        WHERE kept.user_id = %(user)s ORDER BY thanked.value::int DESC, thanked.key
        """,
        user=user_id,
    )
    return [KudosTally(*row) for row in rows]


class Unlock(NamedTuple):
    """A look of the face card that somebody has earned, and whether they were told."""

    customization: str
    notified: bool


def face_card_unlocks(session: Session, user_id: str) -> list[Unlock]:
    """Give the looks of the face card that somebody has earned, by name.

    Primary key of face_card_unlocks. Cost: as many rows as there are looks.
    """
    rows = fetch(
        session,
        "SELECT customization, notified FROM face_card_unlocks"
        " WHERE user_id = %(user)s ORDER BY customization",
        user=user_id,
    )
    return [Unlock(*row) for row in rows]
