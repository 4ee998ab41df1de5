"""Takes any id to where it leads: a domain event, a notification, a person, a gathering."""

import re
from dataclasses import dataclass
from typing import Final

from sqlmodel import Session

from domain.catalogue import CATALOGUE
from domain.ledger_queries import find_seqs
from domain.sql import fetch

LONGEST: Final = 300
_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_WITH_A_PAGE: Final = frozenset({"person", "gathering"})
_NUMBER: Final = re.compile(r"#?([0-9]{1,18})")


@dataclass(frozen=True, slots=True)
class Lead:
    """Something that goes by an id: of what kind, by which key, and a word to tell it by."""

    kind: str
    key: str
    hint: str = ""


# By kind: what to ask of one uuid. Names are personal, and aren't given.
_BY_UUID: Final = """
SELECT 'bulk' AS kind, id::text AS key, state AS hint FROM bulk_operations WHERE id = %(id)s
UNION ALL SELECT 'notification', id::text, template || ' by ' || channel || ', ' || status
    FROM notifications WHERE id = %(id)s
UNION ALL SELECT 'notification', notification_id::text, 'by a try to hand it over, ' || state
    FROM handovers WHERE id = %(id)s
UNION ALL SELECT 'person', id::text, CASE WHEN deleted_at IS NULL THEN '' ELSE 'deleted' END
    FROM users WHERE id = %(id)s
UNION ALL SELECT 'gathering', id::text, status FROM events WHERE id = %(id)s
UNION ALL SELECT 'API key', id::text, '' FROM api_keys WHERE id = %(id)s
UNION ALL SELECT 'gathering', event_id::text, 'by an invitation to it, ' || status
    FROM invitations WHERE id = %(id)s
UNION ALL SELECT 'gathering', event_id::text, 'by a payment for it, ' || status
    FROM payments WHERE id = %(id)s AND event_id IS NOT NULL
UNION ALL SELECT 'gathering', event_id::text, 'by a post about it' FROM event_posts
    WHERE id = %(id)s
"""


def search(session: Session, text: str) -> list[Lead]:
    """Give what has this text for an id, by primary keys and indexes alone.

    That is an id as published, a number of the ledger, a uuid of anything, or a provider's name for
    a message.
    """
    text = text.strip()
    if not text or len(text) > LONGEST or not text.isprintable():
        return []
    number = _NUMBER.fullmatch(text)
    leads = [
        Lead("domain event", str(seq), source)
        for seq, source in find_seqs(session, number[1] if number else text, None)
    ]
    leads += [
        Lead("type", each.NAME) for each in CATALOGUE if text.lower() in (each.NAME, each.TYPE)
    ]
    if _UUID.fullmatch(text.lower()):
        rows = fetch(session, _BY_UUID, id=text.lower())
        leads += [Lead(*row) for row in rows]
    leads += _by_provider(session, text)
    # Their own pages lead on to what was said about them.
    if not any(lead.kind in _WITH_A_PAGE and lead.key == text.lower() for lead in leads):
        leads += _by_subject(session, text)
    return list(dict.fromkeys(leads))


def _by_provider(session: Session, text: str) -> list[Lead]:
    rows = fetch(
        session,
        "SELECT notification_id::text, channel || ' ' || state FROM handovers"
        " WHERE provider_id = %(id)s LIMIT 10",
        id=text,
    )
    return [Lead("notification", key, f"handed over: {hint}") for key, hint in rows]


def _by_subject(session: Session, text: str) -> list[Lead]:
    rows = fetch(
        session, "SELECT FROM domain_events WHERE subject = %(subject)s LIMIT 1", subject=text
    )
    return [Lead("subject", text)] if rows else []
