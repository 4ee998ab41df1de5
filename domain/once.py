"""Things that are said once: of two domain events about the same one the earlier stands.

An API service may have written the plain row itself, with the same id; then it is found, and
completed with its place in the order. A row that is somebody else's is left alone.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlmodel import Session

from domain.batch import DomainEvent
from domain.payload import Payload
from domain.sql import array, as_json, execute, fetch_dicts
from domain.verdict import Accepted, Rejected, Verdict

Row = Mapping[str, Any]


def stamped(said: DomainEvent[Payload], *, time: str = "stamp_time") -> dict[str, Any]:
    """Give a domain event's place in the order as columns."""
    return {time: said.time, "stamp_id": said.id, "stamp_source": said.source}


def keep_once(
    session: Session,
    table: str,
    said: Mapping[int, Row],
    *,
    owner: Sequence[str],
    time: str = "stamp_time",
) -> dict[int, Verdict]:
    """Keep rows, given by the seq of what said them, each by its earliest word.

    `owner` names the columns that can't change: a row in which they differ is another thing.
    `time` names the column with the time of the stamp.
    """
    earliest: dict[str, Row] = {}
    for row in sorted(said.values(), key=lambda row: _order(row, time)):
        earliest.setdefault(row["id"], row)
    if not earliest:
        return {}
    _write(session, table, list(earliest.values()), owner=owner, time=time)
    # A statement of its own: it sees the rows of those for whom the first one waited.
    columns = (*owner, time, "stamp_id", "stamp_source")
    kept = {
        row["id"]: row
        for row in fetch_dicts(
            session,
            f"SELECT id, {', '.join(columns)} FROM {table} WHERE id = ANY(%(ids)s::uuid[])",
            ids=array(earliest),
        )
    }
    verdicts: dict[int, Verdict] = {}
    for seq, row in said.items():
        found = kept[row["id"]]
        if any(found[name] != row[name] for name in owner):
            verdicts[seq] = Rejected("id_taken", "something else was said with this id before")
        elif _order(found, time) != _order(row, time):
            verdicts[seq] = Accepted("another_stands")
    return verdicts


def _order(row: Row, time: str) -> tuple[Any, ...]:
    return row[time], row["stamp_id"].encode(), row["stamp_source"].encode()


def _write(
    session: Session, table: str, rows: Sequence[Row], *, owner: Sequence[str], time: str
) -> None:
    """Insert rows in key order, or replace what a later domain event or an API service wrote."""
    columns = list(rows[0])
    listed = ", ".join(columns)
    settings = ", ".join(
        f"{name} = excluded.{name}" for name in columns if name not in ("id", *owner)
    )
    stamp = f'{{0}}.{time}, {{0}}.stamp_id COLLATE "C", {{0}}.stamp_source COLLATE "C"'
    same = " AND ".join(f"kept.{name} = excluded.{name}" for name in owner)
    execute(
        session,
        f"""
        INSERT INTO {table} AS kept ({listed})
        SELECT {listed} FROM jsonb_populate_recordset(NULL::{table}, %(rows)s::jsonb) ORDER BY id
        ON CONFLICT (id) DO UPDATE SET {settings}
        WHERE {same} AND (kept.{time} IS NULL
            OR ({stamp.format("excluded")}) < ({stamp.format("kept")}))
        """,
        rows=as_json(rows),
    )
