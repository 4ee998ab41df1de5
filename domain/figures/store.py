"""Keeps snapshots and gives them back; ages are by the database's clock."""

from datetime import datetime
from typing import Final, NamedTuple

from sqlmodel import Session

from domain.figures.snapshot import VERSION, Snapshot, from_json, to_json
from domain.sql import execute, fetch

# The advisory lock of the dashboard that collects. The number is arbitrary and ours.
COLLECT_LOCK: Final = 6_021_988


class Kept(NamedTuple):
    """A snapshot, and how old it is; None if it was written in a way that we can't read."""

    snapshot: Snapshot | None
    age_s: float


def keep_snapshot(session: Session, snapshot: Snapshot, *, is_kept: bool) -> None:
    """Write a snapshot; `is_kept`: it is the first of its minute."""
    execute(
        session,
        "INSERT INTO snapshots (at, version, data, is_kept)"
        " VALUES (%(at)s, %(version)s, %(data)s::jsonb, %(is_kept)s) ON CONFLICT DO NOTHING",
        at=snapshot.at,
        version=VERSION,
        data=to_json(snapshot),
        is_kept=is_kept,
    )


def latest_snapshot(session: Session, *, at: datetime | None = None) -> Kept | None:
    """Give the newest snapshot, or the newest that isn't after `at`; one look at an index."""
    rows = fetch(
        session,
        """
        SELECT version, data, greatest(0, extract(epoch FROM clock_timestamp() - at))::float8
        FROM snapshots WHERE at <= coalesce(%(at)s::timestamptz, 'infinity')
        ORDER BY at DESC LIMIT 1
        """,
        at=at,
    )
    if not rows:
        return None
    ((version, data, age_s),) = rows
    return Kept(from_json(data, version=version), age_s)


class Around(NamedTuple):
    """The snapshot nearest to a moment, and when it is of; and between which moments there are any.

    The snapshot is None too if it was written in a way that we can't read.
    """

    snapshot: Snapshot | None
    at: datetime | None
    first: datetime | None
    last: datetime | None


def snapshots_around(session: Session, moment: datetime) -> Around:
    """Give the snapshot nearest to a moment, on either side; a few looks at an index."""
    rows = fetch(
        session,
        """
        SELECT version, data, at, (SELECT min(at) FROM snapshots), (SELECT max(at) FROM snapshots)
        FROM (
            (SELECT * FROM snapshots WHERE at <= %(moment)s ORDER BY at DESC LIMIT 1) UNION ALL
            (SELECT * FROM snapshots WHERE at > %(moment)s ORDER BY at LIMIT 1)
        ) AS near ORDER BY abs(extract(epoch FROM at - %(moment)s)) LIMIT 1
        """,
        moment=moment,
    )
    if not rows:
        return Around(None, None, None, None)
    ((version, data, at, first, last),) = rows
    return Around(from_json(data, version=version), at, first, last)


def snapshot_numbers(session: Session) -> dict[str, float | None]:
    """Give how old the newest snapshot is; None when there never was one."""
    kept = latest_snapshot(session)
    return {"age_s": None if kept is None else round(kept.age_s, 3)}
