"""What is dead, by handler and kind of error: how many since when, and what to do about them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlmodel import Session

from domain.ops.acting import Key
from domain.sql import fetch, fetch_dicts

# Beyond this many it doesn't matter how many there are; the more groups there are, the sooner.
CAPS: Final = (10_000, 5_000, 2_000, 1_000)
COUNTED: Final = CAPS[0]
# So many rows are read for all groups, which takes about a tenth of a second.
READ_AT_MOST: Final = 80_000
# Groups that are shown at once; more than these are a flood, whose first is enough to act on.
GROUPS: Final = 60
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
        return "all that is dead " + ", ".join(part for part in parts if part)


# From group to group by the index, not from row to row.
_GROUPS: Final = """
WITH RECURSIVE groups AS (
    (SELECT handler, fingerprint FROM deliveries WHERE state = 'dead'
        ORDER BY handler, fingerprint LIMIT 1)
    UNION ALL
    SELECT next.handler, next.fingerprint FROM groups CROSS JOIN LATERAL (
        SELECT handler, fingerprint FROM deliveries
        WHERE state = 'dead' AND (handler, fingerprint) > (groups.handler, groups.fingerprint)
        ORDER BY handler, fingerprint LIMIT 1
    ) AS next
)
SELECT handler, fingerprint FROM groups LIMIT %(groups)s
"""
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

    By deliveries_dead_idx alone; READ_AT_MOST rows of it are read.
    """
    found = fetch(session, _GROUPS, groups=GROUPS)
    counted = next((cap for cap in CAPS if cap * len(found) <= READ_AT_MOST), CAPS[-1])
    rows = fetch_dicts(
        session,
        _COUNTS,
        handlers=[handler for handler, _ in found],
        fingerprints=[fingerprint for _, fingerprint in found],
        now=now,
        counted=counted,
    )
    groups = [
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
    return Triage(groups, counted)


def chosen(selection: DeadSelection) -> tuple[str, dict[str, Any]]:
    """Give the condition on `deliveries AS row` that says which are selected, and its values."""
    conditions, values = ["row.state = 'dead'"], dict[str, Any]()
    if selection.keys:
        conditions.append(
            "(row.seq, row.handler) IN"
            " (SELECT * FROM unnest(%(seqs)s::bigint[], %(handlers)s::text[]))"
        )
        values["seqs"] = [seq for seq, _ in selection.keys]
        values["handlers"] = [handler for _, handler in selection.keys]
    for column, sign, value in (
        ("handler", "=", selection.handler),
        ("fingerprint", "=", selection.error),
        ("settled_at", ">=", selection.died),
    ):
        if value is not None:
            conditions.append(f"row.{column} {sign} %({column})s")
            values[column] = value
    return " AND ".join(conditions), values


def count_selected(session: Session, selection: DeadSelection, *, most: int) -> int:
    """Count what is selected, up to one more than `most`."""
    condition, values = chosen(selection)
    ((count,),) = fetch(
        session,
        f"SELECT count(*) FROM"
        f" (SELECT FROM deliveries AS row WHERE {condition} LIMIT %(most)s + 1) AS few",
        most=most,
        **values,
    )
    number: int = count
    return number
