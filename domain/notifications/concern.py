"""Asks at the moment of sending whether somebody is still concerned, and puts it into words then.

Each is one statement for a batch, whatever is in it.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlmodel import Session

from domain.notifications.people import FACTS, SETTINGS, between, recipient
from domain.notifications.rendering import Words
from domain.notifications.rules import Occasion, Plan, plan
from domain.sql import array, as_json, execute, fetch
from domain.tables.notifications import Category, Channel, NotificationStatus, Template

# Where the next of its thread begins, if it was handed over before and waits to be tried again.
_NEXT: Final = """
    CROSS JOIN LATERAL (
        SELECT coalesce(min(later.since), 'infinity') AS begins FROM (
            SELECT (row.params->>'since')::timestamptz AS since FROM notifications AS row
            WHERE told.attempts > 0 AND row.user_id = told.user_id AND row.thread = told.thread
                AND row.channel = told.channel AND row.created_at > told.created_at
                AND row.status NOT IN ('suppressed', 'expired')
        ) AS later WHERE later.since > (told.params->>'since')::timestamptz
    ) AS next
"""
# What a notification is about, by the ids that it holds.
_ABOUT: Final = f"""
    FROM notifications AS told
    JOIN users ON users.id = told.user_id
    LEFT JOIN events ON events.id = (told.params->>'event_id')::uuid
    LEFT JOIN invitations AS invited ON invited.id = (told.params->>'invitation_id')::uuid
    LEFT JOIN payments AS paid ON paid.id = (told.params->>'payment_id')::uuid
{_NEXT}"""
# How many messages, people or posts one notification stands for by now. What somebody answered
# they have read: there is no other sign of it.
_COUNT: Final = f"""
    CASE told.template
    WHEN 'message' THEN (
        SELECT count(*) FROM messages AS sent
        WHERE sent.conversation_id = (told.params->>'conversation_id')::uuid
            AND sent.sender_id <> told.user_id
            AND sent.sent_at >= (told.params->>'since')::timestamptz
            AND sent.sent_at < next.begins
            AND NOT EXISTS (
                SELECT FROM messages AS answer
                WHERE answer.conversation_id = sent.conversation_id
                    AND answer.sender_id = told.user_id AND answer.sent_at > sent.sent_at))
    WHEN 'kudos' THEN (
        SELECT count(DISTINCT thanks.giver_id) FROM attendee_kudos AS thanks
        WHERE thanks.receiver_id = told.user_id AND thanks.counts
            AND thanks.given_at >= (told.params->>'since')::timestamptz
            AND thanks.given_at < next.begins
            AND NOT {between("thanks.giver_id", "told.user_id")})
    WHEN 'event_post' THEN (
        SELECT count(*) FROM event_posts AS post
        WHERE post.event_id = events.id AND post.user_id <> told.user_id
            AND post.stamp_time >= (told.params->>'since')::timestamptz
            AND post.stamp_time < next.begins
            AND NOT {between("post.user_id", "told.user_id")})
    WHEN 'event_finalized' THEN (events.event_summary->>'final_headcount')::bigint
    END
"""
_OFF: Final = "events.status IN ('cancelled', 'cancelled_by_host')"
_HAS_SEAT: Final = "invited.status IN ('confirmed', 'pending_reconfirmation')"


def _of(table: str, identity: str, condition: str) -> str:
    """Ask for the row that a notification is about; `it` stands for it in the condition."""
    return f"""EXISTS (SELECT FROM {table} AS it
        WHERE it.id = (told.params->>'{identity}')::uuid AND {condition})"""


def _wants(owner: str, other: str) -> str:
    return f"""EXISTS (SELECT FROM connections AS wish
        WHERE wish.owner_id = {owner} AND wish.connected_user_id = {other}
            AND wish.wants_to_connect_again AND NOT wish.does_not_want_to_connect_again)"""


_MAY_SEE_BOARD: Final = """(events.host_id = told.user_id OR EXISTS (
    SELECT FROM invitations AS guest WHERE guest.event_id = events.id
        AND guest.user_id = told.user_id
        AND guest.status IN ('confirmed', 'pending_reconfirmation')))"""
_CAME: Final = """EXISTS (SELECT FROM attendance AS seat WHERE seat.event_id = events.id
    AND seat.user_id = told.user_id AND seat.status IN ('attended', 'late'))"""
_RATED: Final = """EXISTS (SELECT FROM ratings AS stars
    WHERE stars.event_id = events.id AND stars.rater_id = told.user_id)"""
_WANT_EACH_OTHER: Final = (
    f"{_wants('told.user_id', 'told.caused_by')} AND {_wants('told.caused_by', 'told.user_id')}"
)
# (condition, reason): the first that holds says why somebody is no longer concerned.
_Reasons = Sequence[tuple[str, str]]
_CANCELLED: Final = (_OFF, "event_cancelled")
_SEAT_GONE: Final = (f"NOT {_HAS_SEAT}", "seat_given_up")
_ANSWERED: Final = ("invited.status NOT IN ('sent', 'payment_failed')", "answered")
_REMINDER: Final[_Reasons] = (
    _CANCELLED,
    _SEAT_GONE,
    ("told.starts_at IS DISTINCT FROM events.starts_at", "moved"),
)
UNCONCERNED: Final[Mapping[Template, _Reasons]] = {
    Template.INVITATION: (_CANCELLED, _ANSWERED),
    Template.INVITATION_ENDS_SOON: (_CANCELLED, _ANSWERED),
    Template.SEAT_CONFIRMED: (_CANCELLED, _SEAT_GONE),
    Template.GUEST_CONFIRMED: (_CANCELLED, _SEAT_GONE),
    Template.SEAT_REFUSED: (),
    Template.PAYMENT_FAILED: (
        _CANCELLED,
        ("paid.status <> 'failed'", "paid"),
        ("invited.status <> 'payment_failed'", "answered"),
    ),
    Template.PAYMENT_REFUNDED: (),
    Template.PLAN_CHANGED: (
        _CANCELLED,
        ("invited.status <> 'pending_reconfirmation'", "answered"),
        ("invited.reconfirm_by IS DISTINCT FROM told.expires_at", "newer_stands"),
    ),
    Template.EVENT_CANCELLED: ((f"NOT {_OFF}", "no_longer_true"),),
    Template.STARTS_TOMORROW: _REMINDER,
    Template.STARTS_SOON: _REMINDER,
    Template.EVENT_COMPLETED: (
        ("events.status <> 'completed'", "no_longer_true"),
        (f"NOT {_CAME}", "no_longer_true"),
        (_RATED, "answered"),
    ),
    Template.EVENT_FINALIZED: (("events.status <> 'completed'", "no_longer_true"),),
    Template.KUDOS: (("counted.many = 0", "no_longer_true"),),
    Template.MESSAGE: (("counted.many = 0", "read"),),
    Template.EVENT_POST: (
        _CANCELLED,
        (f"NOT {_MAY_SEE_BOARD}", "seat_given_up"),
        ("counted.many = 0", "no_longer_true"),
    ),
    Template.DUO_PROPOSED: ((_of("duos", "duo_id", "it.status <> 'pending'"), "answered"),),
    Template.DUO_ACCEPTED: ((_of("duos", "duo_id", "it.status <> 'active'"), "duo_over"),),
    Template.DUO_ENDS_SOON: (
        (_of("duos", "duo_id", "it.status NOT IN ('pending', 'active')"), "duo_over"),
    ),
    Template.CONNECTION_MUTUAL: ((f"NOT ({_WANT_EACH_OTHER})", "no_longer_true"),),
    Template.REPORT_FILED: ((_of("reports", "report_id", "it.status = 'resolved'"), "answered"),),
    Template.REPORT_RESOLVED: (),
    Template.SUSPENDED: (("users.status <> 'suspended'", "no_longer_true"),),
    Template.BADGE_ENDS_SOON: (
        (
            "NOT " + _of("profile_photos", "photo_id", "it.authentic_expires_at = told.expires_at"),
            "newer_stands",
        ),
    ),
    Template.SUBSCRIPTION_ENDS_SOON: (
        ("users.subscription_status = 'free'", "no_longer_true"),
        ("users.subscription_ends IS DISTINCT FROM told.expires_at", "newer_stands"),
    ),
    Template.TICKET_UPDATED: (
        (
            "NOT " + _of("support_tickets", "ticket_id", "it.status = told.params->>'status'"),
            "newer_stands",
        ),
    ),
}


def _unconcerned() -> str:
    """Write the reasons of all texts as one expression; null where somebody is concerned."""
    cases = [
        f"WHEN told.template = '{template}' AND {condition} THEN '{reason}'"
        for template, reasons in UNCONCERNED.items()
        for condition, reason in reasons
    ]
    return f"CASE {' '.join(cases)} END"


# Of what several people have caused, a block of one of them leaves the others.
_CHECK: Final = f"""
SELECT told.id, told.category, told.send_after, told.expires_at,
    coalesce(events.starts_at, told.starts_at), coalesce(events.ends_at, told.ends_at),
    {_unconcerned()}, {FACTS},
    {between("told.user_id", "told.caused_by")} AND coalesce(
        told.template NOT IN ('kudos', 'event_post') OR counted.many = 0, true)
{_ABOUT} {SETTINGS}
CROSS JOIN LATERAL (SELECT {_COUNT} AS many) AS counted
WHERE told.id = ANY(%(ids)s::uuid[]) AND told.status = 'scheduled'
ORDER BY told.id
"""
_WORDS: Final = f"""
SELECT told.id, told.template, told.channel, told.params, users.timezone, events.title,
    coalesce(profile.preferred_name, profile.first_name), events.starts_at, told.expires_at,
    events.arrival_signpost, coalesce({_COUNT}, 1),
    coalesce((told.params->>'amount_in_cents')::int, paid.amount_in_cents, 0),
    coalesce(paid.currency, 'usd')
{_ABOUT}
LEFT JOIN social_profiles AS profile ON profile.user_id = told.caused_by
WHERE told.id = ANY(%(ids)s::uuid[]) ORDER BY told.id
"""


class Told(NamedTuple):
    """A notification as it is to be put into words."""

    id: str
    template: Template
    channel: Channel
    words: Words


def still_concerned(session: Session, ids: Iterable[str], *, now: datetime) -> list[str]:
    """Give which of these scheduled notifications are to be sent now, in the order of ids.

    The caller has claimed them: see domain/notifications/sending.py. The others are written:
    suppressed or expired, with the reason, or put off until quiet hours are over.
    """
    rows = fetch(session, _CHECK, ids=array(ids))
    plans = {identity: _judge(row, now) for identity, *row in rows}
    go = [each for each, made in plans.items() if _may_go(made, now)]
    _write(session, {each: made for each, made in plans.items() if not _may_go(made, now)})
    return go


def read_words(session: Session, ids: Iterable[str]) -> list[Told]:
    """Read what these notifications are put into words with, as it stands now."""
    return [
        Told(identity, Template(template), Channel(channel), Words(params, *words))
        for identity, template, channel, params, *words in fetch(session, _WORDS, ids=array(ids))
    ]


def _judge(row: Sequence[Any], now: datetime) -> Plan:
    category, send_after, expires_at, starts_at, ends_at, unconcerned, *facts = row
    occasion = Occasion(send_after, expires_at, starts_at, ends_at, unconcerned)
    return plan(recipient(*facts), Category(category), occasion, now=now)


def _may_go(made: Plan, now: datetime) -> bool:
    return made.status is NotificationStatus.SCHEDULED and made.send_after <= now


def _write(session: Session, plans: Mapping[str, Plan]) -> None:
    if not plans:
        return
    execute(
        session,
        """
        UPDATE notifications AS told
        SET status = said.status, reason = said.reason, send_after = said.send_after,
            updated_at = now()
        FROM jsonb_populate_recordset(NULL::notifications, %(rows)s::jsonb) AS said
        WHERE told.id = said.id
        """,
        rows=as_json({"id": each, **made._asdict()} for each, made in plans.items()),
    )
