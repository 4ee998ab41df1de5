"""Statements that give the recipients of a text from what was said, `asked`: (seq, time, data).

Each names who is told, whose doing it is, ids for the text, until when, the event's start and end,
the key under which it is told once, and the thread in which unsent ones become one.
"""

from datetime import timedelta
from typing import Final, NamedTuple

from domain.constants import (
    AFTERWARDS_WINDOW,
    BADGE_REMINDER,
    MESSAGE_NEWS_LIFE,
    NEWS_LIFE,
    SUBSCRIPTION_REMINDER,
)
from domain.tables.notifications import Template


class Occasion(NamedTuple):
    """Of a text: the fields of the payload that its statement reads, and the statement."""

    fields: tuple[str, ...]
    recipients: str


# Those who have a seat, or had one until the event was cancelled: that may be known already.
_HAD_SEATS: Final = (
    "invited.confirmed_at IS NOT NULL"
    " AND invited.status IN ('confirmed', 'pending_reconfirmation', 'cancelled')"
)
_HAVE_SEATS: Final = "invited.status IN ('confirmed', 'pending_reconfirmation')"
_INVITED: Final = """
    FROM asked JOIN invitations AS invited ON invited.id = (asked.data->>'invitation_id')::uuid
    JOIN events ON events.id = invited.event_id
"""
_AT_EVENT: Final = """
    FROM asked JOIN events ON events.id = (asked.data->>'event_id')::uuid
    JOIN invitations AS invited ON invited.event_id = events.id
"""
_INVITATION_IDS: Final = "jsonb_build_object('event_id', events.id, 'invitation_id', invited.id)"
_EVENT_ID: Final = "jsonb_build_object('event_id', events.id)"
_TIMES: Final = "events.starts_at, events.ends_at"
_NO_EVENT: Final = "NULL::timestamptz, NULL::timestamptz"
NOBODY: Final = "NULL::uuid"
ANSWER_BY: Final = "coalesce(invited.expires_at, events.starts_at)"


def _interval(life: timedelta) -> str:
    return f"interval '{life.total_seconds()} seconds'"


def lasting(life: timedelta) -> str:
    """Say until when: so long after it happened."""
    return f"asked.time + {_interval(life)}"


def _select(person: str, caused_by: str, params: str, *rest: str) -> str:
    """Write the columns that every statement gives; the rest: until, times, key and thread."""
    until, times, key, *thread = rest
    return (
        f"SELECT asked.seq, asked.time, {person} AS user_id, {caused_by} AS caused_by,"
        f" {params} AS params, {until} AS until, {times}, {key}, {(thread or ['NULL::text'])[0]}"
    )


def epoch(moment: str) -> str:
    """Write a moment as a part of a key, the same in every time zone."""
    return f"extract(epoch FROM {moment})"


def still(moment: str, before: timedelta) -> str:
    """Ask whether a moment is the one that a reminder was published of, so long before it.

    What has moved meanwhile is reminded of when its new moment is near. Told now, it would be told
    under the key of that moment, and not again.
    """
    return f"{moment} = asked.time + {_interval(before)}"


def reminder(before: timedelta) -> Occasion:
    """Give who has a seat at an event that starts in so long; again when that moves."""
    hours = before // timedelta(hours=1)
    key = f"'starts:{hours}:' || events.id || ':' || {epoch('events.starts_at')}"
    columns = _select("invited.user_id", NOBODY, _INVITATION_IDS, "events.starts_at", _TIMES, key)
    condition = f"{_HAVE_SEATS} AND (asked.data->>'hours_before')::int = {hours}"
    near = still("events.starts_at", before)
    return Occasion(
        ("event_id", "hours_before"), f"{columns} {_AT_EVENT} WHERE {condition} AND {near}"
    )


def duo(role: str, template: Template, key: str = "''", only: str = "true") -> str:
    """Give those of a role in a duo; it is the doing of the other one."""
    columns = _select(
        "told.user_id",
        "other.user_id",
        "jsonb_build_object('duo_id', duos.id)",
        "coalesce(duos.expires_at, duos.open_until)",
        _NO_EVENT,
        f"'{template}:' || duos.id || {key}",
    )
    return f"""{columns} FROM asked JOIN duos ON duos.id = (asked.data->>'duo_id')::uuid
        JOIN duo_participants AS told ON told.duo_id = duos.id
        JOIN duo_participants AS other
            ON other.duo_id = duos.id AND other.user_id <> told.user_id
        WHERE told.role LIKE '{role}' AND {only}"""


def report(template: Template) -> Occasion:
    """Give who filed a report."""
    columns = _select(
        "reports.reporter_id",
        NOBODY,
        "jsonb_build_object('report_id', reports.id)",
        lasting(NEWS_LIFE),
        _NO_EVENT,
        f"'{template}:' || reports.id",
    )
    origin = "FROM asked JOIN reports ON reports.id = (asked.data->>'report_id')::uuid"
    return Occasion(("report_id",), f"{columns} {origin}")


def payment(template: Template, fields: tuple[str, ...], *rest: str, more: str = "") -> Occasion:
    """Give who paid; the rest: until when, and the key. `more` are further ids for the text."""
    until, key = rest
    params = f"""jsonb_build_object('payment_id', paid.id, 'event_id', paid.event_id,
        'invitation_id', paid.invitation_id {more})"""
    columns = _select("paid.user_id", NOBODY, params, until, _TIMES, f"'{template}:' || {key}")
    origin = """FROM asked JOIN payments AS paid ON paid.id = (asked.data->>'payment_id')::uuid
        LEFT JOIN invitations AS invited ON invited.id = paid.invitation_id
        LEFT JOIN events ON events.id = paid.event_id"""
    return Occasion(("payment_id", *fields), f"{columns} {origin}")


# Everybody at an event but who wrote: its host, and who has a seat.
POST: Final = (
    _select(
        "told.user_id",
        "post.user_id",
        "jsonb_build_object('event_id', events.id, 'since', asked.time)",
        "coalesce(events.ends_at, asked.time)",
        _TIMES,
        "'event_post:' || post.id",
        "'board:' || events.id",
    )
    + f"""
    FROM asked JOIN event_posts AS post ON post.id = (asked.data->>'post_id')::uuid
    JOIN events ON events.id = post.event_id
    JOIN LATERAL (
        SELECT events.host_id AS user_id
        UNION
        SELECT invited.user_id FROM invitations AS invited
        WHERE invited.event_id = events.id AND {_HAVE_SEATS}
    ) AS told ON told.user_id <> post.user_id"""
)
MESSAGE: Final = (
    _select(
        "CASE sent.sender_id WHEN talk.user_low THEN talk.user_high ELSE talk.user_low END",
        "sent.sender_id",
        "jsonb_build_object('conversation_id', talk.id, 'since', asked.time)",
        lasting(MESSAGE_NEWS_LIFE),
        _NO_EVENT,
        "'message:' || sent.id",
        "'conversation:' || talk.id",
    )
    + """
    FROM asked JOIN messages AS sent ON sent.id = (asked.data->>'message_id')::uuid
    JOIN conversations AS talk ON talk.id = sent.conversation_id"""
)
KUDOS: Final = (
    _select(
        "(asked.data->>'receiver_id')::uuid",
        "(asked.data->>'giver_id')::uuid",
        "jsonb_build_object('since', asked.time)",
        lasting(NEWS_LIFE),
        _NO_EVENT,
        "concat_ws(':', 'kudos', asked.data->>'event_id', asked.data->>'giver_id',"
        " asked.data->>'kudo')",
        "'kudos'",
    )
    + " FROM asked"
)
MUTUAL: Final = (
    _select(
        "told.user_id",
        "told.other_id",
        "jsonb_build_object('person_id', told.other_id)",
        lasting(NEWS_LIFE),
        _NO_EVENT,
        "'connection_mutual:' || told.other_id",
    )
    + """
    FROM asked CROSS JOIN LATERAL (VALUES
        ((asked.data->>'user_id')::uuid, (asked.data->>'other_user_id')::uuid),
        ((asked.data->>'other_user_id')::uuid, (asked.data->>'user_id')::uuid)
    ) AS told (user_id, other_id)"""
)
CANCELLED: Final = (
    _select(
        "invited.user_id",
        "CASE events.status WHEN 'cancelled_by_host' THEN events.host_id END",
        _INVITATION_IDS,
        "events.starts_at",
        _TIMES,
        "'event_cancelled:' || events.id",
    )
    + f"{_AT_EVENT} WHERE {_HAD_SEATS} AND events.status IN ('cancelled', 'cancelled_by_host')"
)
COMPLETED: Final = (
    _select(
        "seat.user_id",
        NOBODY,
        _EVENT_ID,
        f"events.ends_at + {_interval(AFTERWARDS_WINDOW)}",
        _TIMES,
        "'event_completed:' || events.id",
    )
    + """
    FROM asked JOIN events ON events.id = (asked.data->>'event_id')::uuid
    JOIN attendance AS seat ON seat.event_id = events.id
    WHERE events.status = 'completed' AND seat.status IN ('attended', 'late')"""
)
FINALIZED: Final = (
    _select(
        "events.host_id",
        NOBODY,
        _EVENT_ID,
        f"events.finalized_at + {_interval(NEWS_LIFE)}",
        _TIMES,
        "'event_finalized:' || events.id",
    )
    + """
    FROM asked JOIN events ON events.id = (asked.data->>'event_id')::uuid
    WHERE events.status = 'completed' AND events.finalized_at IS NOT NULL"""
)
TICKET: Final = (
    _select(
        "ticket.submitter_id",
        NOBODY,
        "jsonb_build_object('ticket_id', ticket.id, 'status', asked.data->>'status')",
        lasting(NEWS_LIFE),
        _NO_EVENT,
        f"concat_ws(':', 'ticket_updated', ticket.id, asked.data->>'status',"
        f" {epoch('asked.time')})",
    )
    + " FROM asked JOIN support_tickets AS ticket"
    " ON ticket.id = (asked.data->>'ticket_id')::uuid"
)
BADGE: Final = (
    _select(
        "photo.user_id",
        NOBODY,
        "jsonb_build_object('photo_id', photo.id)",
        "photo.authentic_expires_at",
        _NO_EVENT,
        "'badge_ends_soon:' || photo.id",
    )
    + " FROM asked JOIN profile_photos AS photo ON photo.id = (asked.data->>'photo_id')::uuid"
    f" WHERE {still('photo.authentic_expires_at', BADGE_REMINDER)}"
)
SUBSCRIPTION: Final = (
    _select(
        "users.id",
        NOBODY,
        "'{}'::jsonb",
        "users.subscription_ends",
        _NO_EVENT,
        f"'subscription_ends_soon:' || {epoch('users.subscription_ends')}",
    )
    + " FROM asked JOIN users ON users.id = (asked.data->>'user_id')::uuid"
    f" WHERE {still('users.subscription_ends', SUBSCRIPTION_REMINDER)}"
)
SUSPENDED: Final = (
    _select(
        "(asked.data->>'user_id')::uuid",
        NOBODY,
        "'{}'::jsonb",
        lasting(NEWS_LIFE),
        _NO_EVENT,
        "'suspended:' || (asked.data->>'report_id')",
    )
    + " FROM asked"
)


def invited(
    person: str, caused_by: str, *rest: str, fields: tuple[str, ...] = (), only: str = "true"
) -> Occasion:
    """Give whom an invitation concerns; the rest: until when, and the key."""
    until, key = rest
    columns = _select(person, caused_by, _INVITATION_IDS, until, _TIMES, key)
    return Occasion(("invitation_id", *fields), f"{columns} {_INVITED} WHERE {only}")


DEADLINE: Final = "(asked.data->>'deadline')::timestamptz"
