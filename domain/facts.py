"""Facts: what somebody did, kept with its time, so that verdicts can be derived again.

Each topic folds the facts about one bounded thing (a person, an event, an invitation, a payment)
in the order of (time, id, source). Facts are only ever added, so whatever order they arrive in,
the fold over all of them is the same.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session

from domain.batch import DomainEvent
from domain.payload import Payload, Stamp
from domain.sql import execute, fetch
from domain.verdict import NEWER_STANDS, NOTHING_SAID


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that was said: what kind (`event.updated`), its place in the order, its data."""

    kind: str
    stamp: Stamp
    data: Mapping[str, Any]


def keep(
    session: Session, table: str, key: str, domain_events: Iterable[DomainEvent[Payload]]
) -> None:
    """Keep what was said about the subjects; one that is kept already is left alone.

    `key` is the column of the thing; its value is the payload's subject.
    """
    listed = list(domain_events)
    if not listed:
        return
    execute(
        session,
        f"""
        INSERT INTO {table} ({key}, time, id, source, kind, data)
        SELECT * FROM unnest(
            %(things)s::uuid[], %(times)s::timestamptz[], %(ids)s::text[], %(sources)s::text[],
            %(kinds)s::text[], %(data)s::jsonb[]
        ) ON CONFLICT DO NOTHING
        """,
        things=[each.payload.subject for each in listed],
        times=[each.time for each in listed],
        ids=[each.id for each in listed],
        sources=[each.source for each in listed],
        kinds=[each.payload.NAME for each in listed],
        data=[each.data for each in listed],
    )


def load(session: Session, table: str, key: str, things: Iterable[str]) -> dict[str, list[Fact]]:
    """Give the facts about each thing, in order."""
    wanted = list(set(things))
    facts: dict[str, list[Fact]] = {identity: [] for identity in wanted}
    if not wanted:
        return facts
    rows = fetch(
        session,
        f"SELECT {key}, kind, time, id, source, data FROM {table} WHERE {key} = ANY(%(things)s)",
        things=wanted,
    )
    for identity, kind, time, id_, source, data in rows:
        facts[identity].append(Fact(kind, Stamp(time, id_, source), data))
    for listed in facts.values():
        listed.sort(key=lambda fact: fact.stamp.order)
    return facts


class NewestWins:
    """Fields of which each keeps the value that was said last, whatever the order of arrival."""

    def __init__(self) -> None:
        """Start with no field set."""
        self.values: dict[str, Any] = {}
        self._stamps: dict[str, Stamp] = {}

    def begin(self, said: Mapping[str, Any]) -> None:
        """Set what a thing was made with: that comes before all else, whatever its time."""
        self.values |= {name: value for name, value in said.items() if name not in self._stamps}

    def note(self, fact: Fact) -> str | None:
        """Say why a fact that was offered changes nothing; None if a field still stands by it."""
        if fact.stamp in self._stamps.values():
            return None
        return NEWER_STANDS if len(fact.data) > 1 else NOTHING_SAID

    def offer(self, stamp: Stamp, said: Mapping[str, Any]) -> bool:
        """Set those fields that were not said later already; tell whether any was set."""
        newer = {
            field: value
            for field, value in said.items()
            if field not in self._stamps or self._stamps[field] < stamp
        }
        self.values.update(newer)
        self._stamps.update(dict.fromkeys(newer, stamp))
        return bool(newer)
