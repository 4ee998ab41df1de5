"""What is dead, by handler and kind of error: how many since when, and what to do about them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlmodel import Session

from domain.ops.acting import Key
from domain.skip_scan import DEAD, Kind, dead_kinds, handlers_with
from domain.sql import fetch, fetch_dicts

# Beyond this many it doesn't matter how many there are; the more groups there are, the sooner.
CAPS: Final = (10_000, 5_000, 2_000, 1_000)
COUNTED: Final = CAPS[0]
# So many rows are read for all groups, which takes about a tenth of a second.
READ_AT_MOST: Final = 80_000
# Groups that are shown at once; more than these are a flood, whose worst are enough to act on.
GROUPS: Final = 60
# Of so many kinds the worst are found, by few rows of each.
KINDS: Final = 1_000
GLANCED_AT: Final = 20
# That of deliveries_dead_idx: of a kind of error the oldest first.
IN_ORDER: Final = "row.handler, row.fingerprint, row.settled_at, row.seq"
SPANS: Final = {
    "1h": timedelta(hours=1),
    "24h": timedelta(hours=24),
    "7d": timedelta(days=7),
}


@dataclass(frozen=True, slots=True)
class Group:
    """What is dead in one handler for one kind of error; numbers above a cap mean more."""

    handler: str
    fingerprint: str
    within: dict[str, int]
    total: int
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True, slots=True)
class Triage:
    """The groups, and up to how many were counted of each."""

    groups: list[Group]
    counted: int


@dataclass(frozen=True, slots=True)
class DeadSelection:
    """Which of the dead: of a handler, of a kind of error, since when; or these."""

    handler: str | None = None
    error: str | None = None
    died: datetime | None = None
    keys: tuple[Key, ...] = ()

    def in_words(self) -> str:
        """Say which, for people."""
        if self.keys:
            return f"{len(self.keys)} chosen by hand"
        parts = [
            f"of {self.handler}" if self.handler else "",
            f"with the error {self.error or '(none kept)'}" if self.error is not None else "",
            f"dead since {self.died:%Y-%m-%d %H:%M} UTC or later" if self.died else "",
        ]
        return f"all that is dead {', '.join(part for part in parts if part)}".rstrip()


# Of each the newest, up to a limit.
_COUNTS: Final = """
SELECT few.handler, few.fingerprint, counted.*, oldest.settled_at AS first_at
FROM unnest(%(handlers)s::text[], %(fingerprints)s::text[]) AS few (handler, fingerprint)
CROSS JOIN LATERAL (
    SELECT count(*) AS total, max(settled_at) AS last_at,
        count(*) FILTER (WHERE settled_at >= %(now)s - interval '1 hour') AS hour,
        count(*) FILTER (WHERE settled_at >= %(now)s - interval '24 hours') AS day,
        count(*) FILTER (WHERE settled_at >= %(now)s - interval '7 days') AS week
    FROM (
        SELECT settled_at FROM deliveries AS row
        WHERE state = 'dead' AND row.handler = few.handler
            AND row.fingerprint = few.fingerprint
        ORDER BY settled_at DESC LIMIT %(counted)s + 1
    ) AS newest
) AS counted CROSS JOIN LATERAL (
    SELECT settled_at FROM deliveries AS row
    WHERE state = 'dead' AND row.handler = few.handler AND row.fingerprint = few.fingerprint
    ORDER BY settled_at LIMIT 1
) AS oldest
ORDER BY counted.hour DESC, counted.day DESC, counted.total DESC, few.handler, few.fingerprint
"""


def triage(session: Session, now: datetime) -> Triage:
    """Give up to GROUPS groups of what is dead, those with the most of late first.

    By deliveries_dead_idx alone. Of each no more than a limit is read, READ_AT_MOST rows together;
    of more kinds than are shown a few of each, to find the worst.
    """
    dead = handlers_with(session, DEAD)
    kinds = dead_kinds(session, handlers=dead, error=None, most=KINDS)
    if len(kinds) > GROUPS:
        glance = _count(session, kinds, counted=GLANCED_AT, now=now)
        kinds = [(group.handler, group.fingerprint) for group in glance[:GROUPS]]
    counted = next((cap for cap in CAPS if cap * len(kinds) <= READ_AT_MOST), CAPS[-1])
    return Triage(_count(session, kinds, counted=counted, now=now), counted)


def _count(session: Session, kinds: Sequence[Kind], *, counted: int, now: datetime) -> list[Group]:
    rows = fetch_dicts(
        session,
        _COUNTS,
        handlers=[handler for handler, _ in kinds],
        fingerprints=[fingerprint for _, fingerprint in kinds],
        now=now,
        counted=counted,
    )
    return [
        Group(
            row["handler"],
            row["fingerprint"],
            {"1h": row["hour"], "24h": row["day"], "7d": row["week"]},
            row["total"],
            row["first_at"] or now,
            row["last_at"] or now,
        )
        for row in rows
    ]


def chosen(session: Session, selection: DeadSelection) -> tuple[str, dict[str, Any]]:
    """Give what to select `FROM` so that it is these of `deliveries AS row`, and its values.

    Up to one more than `%(most)s` of each kind, by deliveries_dead_idx; the caller gives that and
    says how many are wanted of all.
    """
    values: dict[str, Any]
    if selection.keys:
        values = {
            "seqs": [seq for seq, _ in selection.keys],
            "handlers": [handler for _, handler in selection.keys],
        }
        return f"deliveries AS row WHERE {_THESE}", values
    if selection.error is None and selection.died is None:
        of = "" if selection.handler is None else " AND row.handler = %(handler)s"
        return f"deliveries AS row WHERE row.state = 'dead'{of}", {"handler": selection.handler}
    handlers = [selection.handler] if selection.handler else handlers_with(session, DEAD)
    kinds = dead_kinds(session, handlers=handlers, error=selection.error, most=MOST_KINDS)
    values = {
        "handlers": [handler for handler, _ in kinds],
        "fingerprints": [fingerprint for _, fingerprint in kinds],
        "died": selection.died,
    }
    return _OF_KINDS.format(late="" if selection.died is None else _LATE), values


# More kinds than these aren't told apart for a selection.
MOST_KINDS: Final = 10_000
_THESE: Final = """row.state = 'dead' AND (row.seq, row.handler) IN
    (SELECT * FROM unnest(%(seqs)s::bigint[], %(handlers)s::text[]))"""
_LATE: Final = "AND few.settled_at >= %(died)s"
_OF_KINDS: Final = """
unnest(%(handlers)s::text[], %(fingerprints)s::text[]) AS kind (handler, fingerprint)
CROSS JOIN LATERAL (
    SELECT few.seq, few.handler, few.fingerprint, few.settled_at FROM deliveries AS few
    WHERE few.state = 'dead' AND few.handler = kind.handler
        AND few.fingerprint = kind.fingerprint {late}
    ORDER BY few.settled_at, few.seq LIMIT %(most)s + 1
) AS row
"""


def count_selected(session: Session, selection: DeadSelection, *, most: int) -> int:
    """Count what is selected, up to one more than `most`."""
    source, values = chosen(session, selection)
    ((count,),) = fetch(
        session,
        f"SELECT count(*) FROM (SELECT FROM {source} LIMIT %(most)s + 1) AS few",
        most=most,
        **values,
    )
    number: int = count
    return number
