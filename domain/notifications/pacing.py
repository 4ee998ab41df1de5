"""When the next message of a channel may go out, and whether its provider is to be asked at all.

Both are rows, so that any number of senders keep to one rate, and a provider in trouble is left
alone by all of them.
"""

from datetime import datetime, timedelta
from typing import NamedTuple

from sqlmodel import Session

from domain.constants import HANDOVER_LEASE, LONGEST_PACE, REST_LONGEST_PAUSE
from domain.sql import execute, fetch
from domain.tables.notifications import Channel


class Leave(NamedTuple):
    """What a sender may do now: send, send one to see whether all is well again, or wait until."""

    wait_until: datetime | None = None
    is_probe: bool = False


def ask_leave(session: Session, channel: Channel, *, now: datetime) -> Leave:
    """Say whether something may be sent; who may has the channel to itself until the commit.

    A moment too far ahead was written by a clock that is wrong, and stops nobody.
    """
    ((next_at,),) = fetch(
        session,
        """
        INSERT INTO channel_paces AS kept (channel, next_at) VALUES (%(channel)s, %(now)s)
        ON CONFLICT (channel) DO UPDATE SET next_at = kept.next_at RETURNING next_at
        """,
        channel=channel,
        now=now,
    )
    if now < next_at <= now + LONGEST_PACE:
        return Leave(wait_until=next_at)
    rests = fetch(session, "SELECT until FROM port_rests WHERE port = %(port)s", port=channel)
    until = rests[0][0] if rests else None
    if until is not None and now < until <= now + 2 * REST_LONGEST_PAUSE:
        return Leave(wait_until=until)
    return Leave(is_probe=until is not None)


def take_leave(
    session: Session, channel: Channel, *, spent: timedelta, is_probe: bool, now: datetime
) -> None:
    """Note that messages go out which use up the channel for so long.

    Until what became of a probe is known, or its sender is lost, nobody else probes.
    """
    execute(
        session,
        "UPDATE channel_paces SET next_at = %(next_at)s WHERE channel = %(channel)s",
        channel=channel,
        next_at=now + spent,
    )
    if is_probe:
        execute(
            session,
            "UPDATE port_rests SET until = %(until)s WHERE port = %(port)s",
            port=channel,
            until=now + HANDOVER_LEASE,
        )
