"""What people are promised, and how it was kept: measured end to end, from rows.

From the domain event received, which says that something was published, to the handover that the
provider accepted. What was to wait (quiet hours), was deliberately not sent, or was over when it
was published promises nothing; what nobody has accepted once the time is up counts as broken,
whether it still waits, failed, is unknown, or was given up after that. Whose phone is gone was
promised nothing either.

Slots of ten minutes are added up from the notifications of the last half hour, again and again, so
what becomes known later still counts; nothing else ever reads the notifications for this.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
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

_ADD_UP: Final = """
    INSERT INTO promises (name, at, kept, broken)
    SELECT %(name)s, slot, count(*) FILTER (WHERE is_kept), count(*) FILTER (WHERE NOT is_kept)
    FROM (
        SELECT date_bin(%(slot)s, told.created_at, 'epoch'::timestamptz) AS slot, coalesce((
            SELECT min(handed_over_at) <= said.received_at + %(within)s FROM handovers
            WHERE notification_id = told.id AND state IN ('sent', 'delivered')
        ), false) AS is_kept, said.received_at + %(within)s AS until
        FROM notifications AS told JOIN domain_events AS said ON said.seq = told.domain_event_id
        WHERE told.created_at >= %(since)s AND told.template = %(template)s
            AND told.channel = %(channel)s AND (told.status <> 'suppressed'
                OR told.attempts > 0 AND told.updated_at > said.received_at + %(within)s)
            AND told.reason IS DISTINCT FROM 'DeviceNotRegistered'
            AND coalesce(told.planned_at, told.send_after)
                <= told.created_at + %(at_once)s
            AND told.expires_at > said.received_at + %(within)s
    ) AS promised WHERE is_kept OR until < %(now)s GROUP BY slot ORDER BY slot
    ON CONFLICT (name, at) DO UPDATE SET kept = excluded.kept, broken = excluded.broken
"""


def add_up_promises(session: Session, now: datetime) -> int:
    """Add up the slots that may have changed, as far back as nobody did; give how many."""
    ((newest,),) = fetch(session, "SELECT max(at) FROM promises")
    since = max(min(newest or now, now - AGAIN), now - FURTHEST)
    # From the beginning of a slot on, or only its rest would be counted.
    ((since,),) = fetch(
        session,
        "SELECT date_bin(%(slot)s, %(since)s::timestamptz, 'epoch'::timestamptz)",
        slot=SLOT,
        since=since,
    )
    return sum(
        execute(
            session,
            _ADD_UP,
            name=each.name,
            slot=SLOT,
            within=each.within,
            since=since,
            template=each.template.value,
            channel=each.channel.value,
            at_once=AT_ONCE,
            now=now,
        )
        for each in PROMISES
    )


def forget_promises(session: Session, now: datetime) -> int:
    """Forget old slots; give how many."""
    return execute(session, "DELETE FROM promises WHERE at < %(before)s", before=now - KEPT)


def read_promises(session: Session, now: datetime) -> tuple[PromiseNow, ...]:
    """Say how each was kept of late, today (UTC) and over a month; a few thousand rows at most."""
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
