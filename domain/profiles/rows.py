"""Rows that a domain event makes under an id of its own, an API service having made it or not.

Each keeps the stamp of the domain event that it says; null while only a service has written it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from sqlmodel import Session

from domain.batch import Batch, DomainEvent
from domain.deleted import deletions, judge_deleted
from domain.payload import Payload
from domain.sql import array, as_json, execute, fetch, insert_missing
from domain.verdict import Rejected, Verdict

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Kind:
    """A table of such rows, whose they are, and which of two words about one row stands."""

    table: str
    owner: str
    newest_stands: bool


def keep_rows(
    session: Session, kind: Kind, *, batch: Batch[Any], rows: Mapping[int, Row]
) -> dict[int, Verdict]:
    """Write what was said, owners locked; refuse an id under which somebody else has something.

    `rows` holds the columns said by each domain event, by its seq.
    """
    if not batch:
        return {}
    in_order = sorted(batch, key=lambda each: each.stamp.order)
    first = {each.payload.subject: each for each in reversed(in_order)}
    said = {each.seq: _row(each, rows[each.seq]) for each in batch}
    # In key order, so that of two batches with the same ids one waits for the other.
    insert_missing(session, kind.table, [said[each.seq] for _, each in sorted(first.items())])
    owners = _owners(session, kind, ids=first)
    verdicts: dict[int, Verdict] = {
        each.seq: Rejected("id_taken", "somebody else has something under this id")
        for each in batch
        if said[each.seq][kind.owner] != owners.get(each.payload.subject)
    }
    ours = [each for each in in_order if each.seq not in verdicts]
    # Of those with one id the last that is put in stays.
    standing = {each.payload.subject: each for each in (ours if kind.newest_stands else ours[::-1])}
    _write(session, kind, rows=[said[each.seq] for _, each in sorted(standing.items())])
    return verdicts


def keep_none(session: Session, kind: Kind, *, batch: Batch[Any]) -> dict[int, Verdict]:
    """Give verdicts on what is about deleted people, and delete what a service wrote of them."""
    owner = attrgetter(kind.owner)
    gone = deletions(session, (owner(each.payload) for each in batch))
    verdicts = judge_deleted(batch, gone, person=owner)
    if verdicts:
        execute(
            session,
            f"DELETE FROM {kind.table}"
            f" WHERE id = ANY(%(ids)s::uuid[]) AND {kind.owner} = ANY(%(gone)s::uuid[])",
            ids=array(each.payload.subject for each in batch if each.seq in verdicts),
            gone=array(gone),
        )
    return verdicts


def _row(said: DomainEvent[Payload], columns: Row) -> dict[str, Any]:
    return {
        "id": said.payload.subject,
        **columns,
        "stamp_time": said.time,
        "stamp_id": said.id,
        "stamp_source": said.source,
    }


def _owners(session: Session, kind: Kind, *, ids: Iterable[str]) -> dict[str, str]:
    rows = fetch(
        session,
        f"SELECT id, {kind.owner} FROM {kind.table} WHERE id = ANY(%(ids)s::uuid[])",
        ids=array(ids),
    )
    return dict(rows)


def _write(session: Session, kind: Kind, *, rows: Sequence[Row]) -> None:
    """Write rows that are there, where nothing stands yet or this stands before it."""
    if not rows:
        return
    columns = [column for column in rows[0] if column not in ("id", kind.owner)]
    stands = "<" if kind.newest_stands else ">"
    execute(
        session,
        f"""
        UPDATE {kind.table} AS kept
        SET {", ".join(f"{column} = said.{column}" for column in columns)}
        FROM jsonb_populate_recordset(NULL::{kind.table}, %(rows)s::jsonb) AS said
        WHERE kept.id = said.id AND (kept.stamp_time IS NULL
            OR (kept.stamp_time, kept.stamp_id COLLATE "C", kept.stamp_source COLLATE "C") {stands}
                (said.stamp_time, said.stamp_id COLLATE "C", said.stamp_source COLLATE "C"))
        """,
        rows=as_json(rows),
    )
