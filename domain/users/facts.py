"""Reads everything that was said about people, what others reported of them included."""

from collections.abc import Iterable

from sqlmodel import Session

from domain.facts import Fact, load
from domain.payload import Stamp
from domain.sql import fetch


def load_facts(session: Session, people: Iterable[str]) -> dict[str, list[Fact]]:
    """Give the facts about each person, in order; nobody is known by reports alone."""
    facts = load(session, "user_facts", "user_id", people)
    known = {person: listed for person, listed in facts.items() if listed}
    rows = fetch(
        session,
        """
        SELECT reports.reported_id, fact.kind, fact.time, fact.id, fact.source,
            jsonb_build_object('report_id', reports.id, 'reporter_id', reports.reporter_id,
                'outcome', fact.data->'outcome')
        FROM reports JOIN report_facts AS fact ON fact.report_id = reports.id
        WHERE reports.reported_id = ANY(%(people)s)
        """,
        people=list(known),
    )
    for person, kind, time, id_, source, data in rows:
        known[person].append(Fact(kind, Stamp(time, id_, source), data))
    for listed in known.values():
        listed.sort(key=lambda fact: fact.stamp.order)
    return known
