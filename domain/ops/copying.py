"""A dead delivery with what led to it, redacted, so that it may leave the house."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from pydantic import ValidationError
from pydantic_core import to_json
from sqlmodel import Session

from domain.catalogue import CATALOGUE
from domain.envelope import WORKERS_SOURCE
from domain.ops.redacting import Redaction
from domain.payload import Payload
from domain.sql import array, fetch, fetch_dicts

# Of what was said before about the same things, the first and the last so many.
BEFORE: Final = 40
MOST_IDS: Final = 40
CREATING: Final = frozenset(each.TYPE for each in CATALOGUE if each.CREATES)
SOURCE: Final = "/services/copied"
_ID: Final = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Copied:
    """A delivery, and the domain events that lead to it, its own last; all of it redacted.

    `said` is empty where this version doesn't know the type.
    """

    seq: int
    type: str
    handler: str
    state: str
    attempts: int
    deaths: int
    error: str | None
    time: datetime
    received_at: datetime
    settled_at: datetime | None
    others: tuple[tuple[str, str], ...]
    said: tuple[dict[str, Any], ...]


def copy_delivery(session: Session, seq: int, handler: str) -> Copied | None:
    """Copy a delivery that failed; None if there is none, or it isn't kept."""
    rows = fetch_dicts(
        session,
        """
        SELECT seq, type, handler, state, attempts, deaths, error, time, said.received_at,
            settled_at, subject, data
        FROM deliveries AS row JOIN domain_events AS said USING (seq)
        WHERE seq = %(seq)s AND handler = %(handler)s AND state IN ('failed', 'dead', 'discarded')
        """,
        seq=seq,
        handler=handler,
    )
    if not rows:
        return None
    row = rows[0]
    others = fetch(
        session,
        "SELECT handler, state FROM deliveries WHERE seq = %(seq)s AND handler <> %(handler)s"
        " ORDER BY handler",
        seq=seq,
        handler=handler,
    )
    own = (row["type"], row["time"], row.pop("data"))
    row.pop("subject")
    said = tuple(_redacted([*_before(session, seq, own), own]))
    return Copied(**row, others=tuple((name, state) for name, state in others), said=said)


_Said = tuple[str, datetime, dict[str, Any]]


def _before(session: Session, seq: int, own: _Said) -> list[_Said]:
    """Give what was said before about what it names, and what made the rest; all by an index."""
    ids = _ids([own])
    found = _about(session, seq, ids)
    known = {number for number, *_ in found}
    further = _ids([(kind, time, data) for _, kind, time, data in found]) - ids
    found += [each for each in _about(session, seq, further, only=CREATING) if each[0] not in known]
    return [(kind, time, data) for _, kind, time, data in sorted(found, key=lambda each: each[0])]


def _ids(said: Collection[_Said]) -> set[str]:
    texts = (to_json(data).decode() for _, _, data in said)
    return {each.lower() for text in texts for each in _ID.findall(text)}


def _about(
    session: Session, seq: int, ids: Collection[str], *, only: Collection[str] | None = None
) -> list[tuple[int, str, datetime, dict[str, Any]]]:
    portion = """(
        SELECT seq, type, time, data FROM domain_events
        WHERE subject = ANY(%(ids)s::text[]) AND seq < %(seq)s AND source <> %(source)s
            AND (%(only)s::text[] IS NULL OR type = ANY(%(only)s::text[]))
        ORDER BY seq {} LIMIT %(most)s
    )"""
    rows = fetch(
        session,
        f"{portion.format('')} UNION {portion.format('DESC')}",
        ids=array(sorted(ids)[:MOST_IDS]),
        seq=seq,
        only=None if only is None else array(sorted(only)),
        # These follow from the others anyway.
        source=WORKERS_SOURCE,
        most=BEFORE,
    )
    return [(number, kind, time, data) for number, kind, time, data in rows]


def _redacted(said: Collection[_Said]) -> Iterator[dict[str, Any]]:
    """Write domain events as they would be published; what isn't understood is left out."""
    redaction = Redaction()
    for number, (kind, time, data) in enumerate(said, 1):
        payload = Payload.OF_TYPE.get(kind)
        if payload is None:
            continue
        shown = redaction.data(payload, data)
        try:
            payload.read(to_json(shown).decode())
        except (ValidationError, ValueError):
            continue
        yield {
            "specversion": "1.0",
            "id": f"said-{number}",
            "source": SOURCE,
            "type": kind,
            "subject": shown[next(iter(payload.model_fields))],
            "time": time.isoformat(),
            "data": shown,
        }
