"""Where people leave something personal in the tables, and what takes its place.

What stands here must be what a payload's own marks say (domain/personal.py), so that something
said before the erasure and applied after it leads to the same rows.
"""

from typing import Any, Final, NamedTuple

from domain.constants import ERASED_EMAIL, ERASED_TEXT, ERASED_URL


class Trace(NamedTuple):
    """Columns of a table that hold something personal of the person named by `person`.

    A column that is null stays null.
    """

    table: str
    person: str
    erased: dict[str, Any]


class FactTrace(NamedTuple):
    """Kept facts in which people are spoken of; `of` finds those of the erased."""

    table: str
    thing: str
    of: str


TRACES: Final = (
    Trace("ratings", "rater_id", {"comment": None}),
    Trace("messages", "sender_id", {"content": ERASED_TEXT, "storage_id": ERASED_TEXT}),
    Trace("event_posts", "user_id", {"content": ERASED_TEXT}),
    Trace("event_photos", "uploader_id", {"image_url": ERASED_URL}),
    # It quotes the reason that a host gave.
    Trace("host_reliability_log", "host_id", {"metadata": None}),
    Trace("reports", "reporter_id", {"comments": ERASED_TEXT}),
    Trace(
        "support_tickets",
        "submitter_id",
        {"reply_to_email": ERASED_EMAIL, "body": ERASED_TEXT, "metadata": None},
    ),
    Trace("invitations", "user_id", {"match_reason": None}),
    Trace(
        "event_collaborators",
        "user_id",
        {"first_name": ERASED_TEXT, "last_name": None, "phone_number": None},
    ),
    Trace("connections", "owner_id", {"private_notes": None}),
    Trace(
        "connections",
        "connected_user_id",
        {"snapshot_name": None, "snapshot_face_card_url": None},
    ),
)

_THEY_HELP: Final = """FROM unnest(%(owners)s::text[]) AS helper
    JOIN event_facts AS said ON said.data ? 'collaborators' AND said.data -> 'collaborators'
        @> jsonb_build_array(jsonb_build_object('user_id', helper))"""
# Those of their own events, and every version of a plan that names them as a helper.
_THEIR_EVENTS: Final = f"""event_id = ANY(%(owners)s::uuid[]) OR (event_id, source, id) IN (
    SELECT event_id, source, id {_THEY_HELP})"""
# Those that hold something of people, which is written again whenever the event is settled.
EVENTS_WITH_TRACES: Final = f"""
SELECT id FROM events WHERE host_id = ANY(%(owners)s::uuid[])
UNION SELECT event_id FROM invitations WHERE user_id = ANY(%(owners)s::uuid[])
UNION SELECT event_id FROM rating_facts WHERE rater_id = ANY(%(owners)s::uuid[])
UNION SELECT event_id FROM connection_facts WHERE owner_id = ANY(%(owners)s::uuid[])
UNION SELECT event_id FROM connections WHERE owner_id = ANY(%(owners)s::uuid[])
UNION SELECT event_id FROM connections WHERE connected_user_id = ANY(%(owners)s::uuid[])
UNION SELECT event_id FROM event_collaborators WHERE user_id = ANY(%(owners)s::uuid[])
UNION SELECT said.event_id {_THEY_HELP}
"""

FACT_TRACES: Final = (
    FactTrace("user_facts", "user_id", "user_id = ANY(%(owners)s::uuid[])"),
    FactTrace("rating_facts", "event_id", "rater_id = ANY(%(owners)s::uuid[])"),
    FactTrace("connection_facts", "event_id", "owner_id = ANY(%(owners)s::uuid[])"),
    FactTrace("event_facts", "event_id", _THEIR_EVENTS),
    FactTrace(
        "report_facts",
        "report_id",
        "report_id IN (SELECT id FROM reports WHERE reporter_id = ANY(%(owners)s::uuid[]))",
    ),
    FactTrace(
        "ticket_facts",
        "ticket_id",
        "ticket_id IN (SELECT id FROM support_tickets"
        " WHERE submitter_id = ANY(%(owners)s::uuid[]))",
    ),
    FactTrace(
        "invitation_facts",
        "invitation_id",
        "invitation_id IN (SELECT id FROM invitations WHERE user_id = ANY(%(owners)s::uuid[]))",
    ),
)
