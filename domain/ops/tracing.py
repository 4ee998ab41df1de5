"""The whole of a domain event for a page: its trace, what ops did about it, what providers said."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlmodel import Session

from domain.ledger_queries import Traced, trace
from domain.ops.audit import Entry, audit_of
from domain.sql import fetch_dicts

HANDOVERS: Final = 1_000


@dataclass(frozen=True, slots=True)
class Receipt:
    """A try to hand a notification to a provider, and what that said."""

    attempt: int
    state: str
    reason: str | None
    provider_id: str | None
    handed_over_at: datetime
    updated_at: datetime


# Whom, of what, by which channel.
TellingKey = tuple[int, str, str, str]


@dataclass(frozen=True, slots=True)
class Story:
    """All that became of a domain event."""

    traced: Traced
    audit: list[Entry]
    receipts: dict[TellingKey, list[Receipt]]


def tell_story(session: Session, seq: int) -> Story | None:
    """Give all that became of a domain event; None if it isn't kept."""
    traced = trace(session, seq)
    if traced is None:
        return None
    seqs = [each.seq for each in _all(traced)]
    told = {each.told_with for node in _all(traced) for each in node.told if each.told_with}
    return Story(traced, audit_of(session, seqs), _receipts(session, [*seqs, *told]))


def _all(traced: Traced) -> list[Traced]:
    return [traced, *(each for node in traced.follow_ups for each in _all(node))]


def _receipts(session: Session, seqs: list[int]) -> dict[TellingKey, list[Receipt]]:
    rows = fetch_dicts(
        session,
        """
        SELECT told.domain_event_id, told.user_id, told.template, told.channel, handed.attempt,
            handed.state, handed.reason, handed.provider_id, handed.handed_over_at,
            handed.updated_at
        FROM notifications AS told JOIN handovers AS handed ON handed.notification_id = told.id
        WHERE told.domain_event_id = ANY(%(seqs)s)
        ORDER BY handed.handed_over_at, handed.id LIMIT %(limit)s
        """,
        seqs=seqs,
        limit=HANDOVERS,
    )
    found: dict[TellingKey, list[Receipt]] = {}
    for row in rows:
        key = (
            row.pop("domain_event_id"),
            row.pop("user_id"),
            row.pop("template"),
            row.pop("channel"),
        )
        found.setdefault(key, []).append(Receipt(**row))
    return found
