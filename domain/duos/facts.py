"""Reads what the rules need to settle duos, for a whole batch with one query a table."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlmodel import Session

from domain.deleted import deletions
from domain.duos.rules import Block, Outing, Pact, settle_duo
from domain.facts import Fact, load
from domain.payload import Stamp
from domain.sql import fetch


class Couple(NamedTuple):
    """The two people of a duo."""

    initiator: str
    partner: str

    @property
    def pair(self) -> tuple[str, str]:
        """The two, whoever asked."""
        return min(self), max(self)


@dataclass(frozen=True, slots=True)
class Background:
    """What happened to some duos, and to the people of some couples."""

    facts: Mapping[str, list[Fact]]
    blocks: Mapping[tuple[str, str], list[Block]]
    deletions: Mapping[str, datetime]
    outings: Mapping[str, list[Outing]]

    def blocks_between(self, couple: Couple) -> list[Block]:
        """Give the blocks between two people, and their ends."""
        return self.blocks.get(couple.pair, [])

    def settle(self, duo: str, couple: Couple, *proposed: Fact) -> Pact:
        """Fold what happened to a duo; `proposed` is what isn't kept yet."""
        deleted = [self.deletions[person] for person in couple if person in self.deletions]
        return settle_duo(
            [*self.facts[duo], *proposed],
            self.blocks_between(couple),
            deleted_at=min(deleted, default=None),
            outings=self.outings.get(duo, ()),
        )


def load_couples(session: Session, duos: Iterable[str]) -> dict[str, Couple]:
    """Give the people of those of the duos that exist."""
    rows = fetch(
        session,
        """
        SELECT asking.duo_id, asking.user_id, asked.user_id
        FROM duo_participants AS asking JOIN duo_participants AS asked USING (duo_id)
        WHERE duo_id = ANY(%(duos)s::uuid[])
            AND asking.role = 'initiator' AND asked.role = 'participant'
        """,
        duos=list(duos),
    )
    return {duo: Couple(initiator, partner) for duo, initiator, partner in rows}


def load_background(session: Session, asked: Iterable[tuple[str, Couple]]) -> Background:
    """Read what happened to duos and to the people of couples; what isn't there yet has nothing."""
    listed = list(asked)
    duos = {duo for duo, _ in listed}
    couples = {couple for _, couple in listed}
    return Background(
        load(session, "duo_facts", "duo_id", duos),
        _load_blocks(session, {couple.pair for couple in couples}),
        deletions(session, {person for couple in couples for person in couple}),
        _load_outings(session, duos),
    )


def _load_blocks(
    session: Session, pairs: Iterable[tuple[str, str]]
) -> dict[tuple[str, str], list[Block]]:
    """Give the blocks between two people, in either direction, and their ends."""
    both_ways = [way for one, other in pairs for way in ((one, other), (other, one))]
    rows = fetch(
        session,
        """
        SELECT said.blocker_id, said.blocked_id, said.at, said.id, said.source, said.blocks
        FROM unnest(%(blockers)s::uuid[], %(blocked)s::uuid[]) AS asked (blocker_id, blocked_id)
        JOIN block_facts AS said USING (blocker_id, blocked_id)
        """,
        blockers=[blocker for blocker, _ in both_ways],
        blocked=[blocked for _, blocked in both_ways],
    )
    found: dict[tuple[str, str], list[Block]] = {}
    for blocker, blocked, at, id_, source, blocks in rows:
        pair = Couple(blocker, blocked).pair
        found.setdefault(pair, []).append(Block(Stamp(at, id_, source), blocker, blocks))
    return found


def _load_outings(session: Session, duos: Iterable[str]) -> dict[str, list[Outing]]:
    """Give the completed events to which both were invited with their duo, and both came."""
    rows = fetch(
        session,
        """
        SELECT invited.duo_id, events.id, events.starts_at, events.completed_at
        FROM invitations AS invited
        JOIN duo_participants AS member USING (duo_id, user_id)
        JOIN attendance AS seat ON seat.id = invited.id
        JOIN events ON events.id = invited.event_id
        WHERE invited.duo_id = ANY(%(duos)s::uuid[]) AND seat.status IN ('attended', 'late')
            AND events.completed_at IS NOT NULL
        GROUP BY invited.duo_id, events.id
        HAVING count(*) = 2
        """,
        duos=list(duos),
    )
    found: dict[str, list[Outing]] = {}
    for duo, event, starts_at, completed_at in rows:
        found.setdefault(duo, []).append(Outing(event, starts_at, completed_at))
    return found
