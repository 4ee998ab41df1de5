"""What people are promised, and how it was kept: measured end to end, from rows.

From the domain event received, which says that something was published, to the handover that the
provider accepted. What was to wait (quiet hours), was deliberately not sent, or was over when it
was published promises nothing; what nobody has accepted once the time is up counts as broken,
whether it still waits, failed, is unknown, or was given up after that. Whose phone is gone was
promised nothing either.

Slots of ten minutes are added up from the notifications of the last half hour, again and again, so
what becomes known later still counts; what a stop has left is added up an hour at a time. Nothing
else ever reads the notifications for this.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlmodel import Session

from domain.figures.snapshot import PromiseNow
from domain.sql import execute, fetch
from domain.tables.notifications import Channel, Template


@dataclass(frozen=True, slots=True)
class Promise:
    """Something that so large a part of is told within so long; the rest is the error budget."""

    name: str
    sentence: str
    template: Template
    channel: Channel
    within: timedelta
    objective: float


PROMISES: Final = (
    Promise(
        "invitation_push",
        "An invitation is with the phone's provider within 60 s of being published.",
        Template.INVITATION,
        Channel.PUSH,
        within=timedelta(seconds=60),
        objective=0.99,
    ),
    Promise(
        "seat_push",
        "Whoever has got a seat is told by push within 60 s.",
        Template.SEAT_CONFIRMED,
        Channel.PUSH,
        within=timedelta(seconds=60),
        objective=0.99,
    ),
)
SLOT: Final = timedelta(minutes=10)
# What is added up again each time.
AGAIN: Final = timedelta(minutes=30)
# After a longer stop nothing older is added up.
FURTHEST: Final = timedelta(days=1)
# Over which the budget is told, and how long slots are kept.
BUDGET: Final = timedelta(days=30)
KEPT: Final = timedelta(days=90)
# What was planned for so much later was to wait. When a provider puts something back, and it is to
# be tried again later, that doesn't change the plan.
AT_ONCE: Final = timedelta(seconds=1)

# So much is added up at a time: what a stop has left is made up for in several runs.
AT_MOST: Final = timedelta(hours=1)
# When it was last added up longer ago, nobody knows how promises are kept.
STALE: Final = timedelta(minutes=5)
# What was received longer before it was told of is not looked for: it would be in all months.
LONGEST: Final = timedelta(days=31)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

# One look at an index for each row, never a whole month: hence LATERAL with a LIMIT or a minimum.
_ADD_UP: Final = """
    WITH told AS MATERIALIZED (
        SELECT id, domain_event_id, created_at, expires_at,
            date_bin(%(slot)s, created_at, 'epoch'::timestamptz) AS slot,
            CASE WHEN status <> 'suppressed' THEN 'infinity' WHEN attempts = 0 THEN '-infinity'
                ELSE updated_at END AS given_up_at
        FROM notifications
        WHERE created_at >= %(since)s AND created_at < %(until)s AND template = %(template)s
            AND channel = %(channel)s AND reason IS DISTINCT FROM 'DeviceNotRegistered'
            AND coalesce(planned_at, send_after) <= created_at + %(at_once)s
    ), promised AS MATERIALIZED (
        SELECT told.slot, coalesce(taken.at <= said.until, false) AS is_kept, said.until
        FROM told CROSS JOIN LATERAL (
            SELECT received_at + %(within)s AS until FROM domain_events
            WHERE seq = told.domain_event_id AND received_at > told.created_at - %(longest)s
            LIMIT 1
        ) AS said CROSS JOIN LATERAL (
            SELECT min(handed_over_at) AS at FROM handovers
            WHERE notification_id = told.id AND state IN ('sent', 'delivered')
        ) AS taken
        WHERE least(told.expires_at, told.given_up_at) > said.until
    ), summed AS MATERIALIZED (
        SELECT slot, count(*) FILTER (WHERE is_kept) AS kept,
            count(*) FILTER (WHERE NOT is_kept) AS broken
        FROM promised WHERE is_kept OR until < %(now)s GROUP BY slot
    ), emptied AS (
        DELETE FROM promises WHERE name = %(name)s AND at >= %(since)s AND at < %(until)s
            AND at NOT IN (SELECT slot FROM summed)
    )
    INSERT INTO promises (name, at, kept, broken)
    SELECT %(name)s, slot, kept, broken FROM summed ORDER BY slot
    ON CONFLICT (name, at) DO UPDATE SET kept = excluded.kept, broken = excluded.broken
"""


class NotAddedUpError(Exception):
    """Nobody has added up for a while, or what that left isn't made up for yet."""


def add_up_promises(session: Session, now: datetime) -> int:
    """Add up the slots that may have changed, and some of what nobody did; give how many."""
    return sum(_add_up(session, each, now=now) for each in PROMISES)


def _add_up(session: Session, promise: Promise, *, now: datetime) -> int:
    """Go on a slot before where it was: what wasn't known in that one yet may be by now."""
    found = fetch(
        session, "SELECT until FROM promise_progress WHERE name = %(name)s", name=promise.name
    )
    reached = found[0][0] - SLOT if found else now
    since = max(min(reached, now - AGAIN), now - FURTHEST)
    # From the beginning of a slot on, or only its rest would be counted.
    since -= (since - _EPOCH) % SLOT
    until = min(since + AT_MOST, now)
    changed = execute(
        session,
        _ADD_UP,
        name=promise.name,
        slot=SLOT,
        within=promise.within,
        since=since,
        until=until,
        template=promise.template.value,
        channel=promise.channel.value,
        at_once=AT_ONCE,
        longest=LONGEST,
        now=now,
    )
    execute(
        session,
        "INSERT INTO promise_progress (name, until) VALUES (%(name)s, %(until)s)"
        " ON CONFLICT (name) DO UPDATE SET until = excluded.until",
        name=promise.name,
        until=until,
    )
    return changed


def forget_promises(session: Session, now: datetime) -> int:
    """Forget old slots; give how many."""
    return execute(session, "DELETE FROM promises WHERE at < %(before)s", before=now - KEPT)


def read_promises(session: Session, now: datetime) -> tuple[PromiseNow, ...]:
    """Say how each was kept of late, today (UTC) and over a month; a few thousand rows at most.

    Raises NotAddedUpError if that isn't known.
    """
    _check_progress(session, now)
    rows = fetch(
        session,
        """
        SELECT name,
            sum(kept) FILTER (WHERE at > %(lately)s), sum(broken) FILTER (WHERE at > %(lately)s),
            sum(kept) FILTER (WHERE at >= %(today)s), sum(broken) FILTER (WHERE at >= %(today)s),
            sum(kept), sum(broken)
        FROM promises WHERE at > %(since)s GROUP BY name
        """,
        lately=now - timedelta(hours=1),
        today=now.replace(hour=0, minute=0, second=0, microsecond=0),
        since=now - BUDGET,
    )
    found = {name: tuple(int(number or 0) for number in rest) for name, *rest in rows}
    return tuple(
        PromiseNow(each.name, each.objective, *found.get(each.name, (0,) * 6)) for each in PROMISES
    )


def _check_progress(session: Session, now: datetime) -> None:
    """Raise NotAddedUpError unless all was added up lately, or nobody was ever told anything."""
    reached = dict(fetch(session, "SELECT name, until FROM promise_progress"))
    is_told = "SELECT FROM notifications WHERE created_at < %(lately)s ORDER BY created_at LIMIT 1"
    lately = now - STALE
    if any(reached.get(each.name, now) < lately for each in PROMISES) or (
        any(each.name not in reached for each in PROMISES)
        and fetch(session, is_told, lately=lately)
    ):
        raise NotAddedUpError


@dataclass(frozen=True, slots=True)
class Day:
    """How a promise was kept on a day (UTC)."""

    at: datetime
    kept: int
    broken: int


def promise_days(session: Session, now: datetime) -> dict[str, list[Day]]:
    """Give each promise's days of the last month on which there was something, newest first."""
    rows = fetch(
        session,
        """
        SELECT name, date_trunc('day', at, 'UTC') AS day, sum(kept)::bigint, sum(broken)::bigint
        FROM promises WHERE at > %(since)s GROUP BY 1, 2 ORDER BY day DESC
        """,
        since=now - BUDGET,
    )
    days: dict[str, list[Day]] = {each.name: [] for each in PROMISES}
    for name, *rest in rows:
        if name in days:
            days[name].append(Day(*rest))
    return days
