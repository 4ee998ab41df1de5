"""Decides which proposals make a duo: once for each, when it is applied.

The people of all proposals are locked for change by the caller, so that of two proposals to one
person in two transactions the second finds the first.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlmodel import Session

from domain.batch import Batch, DomainEvent
from domain.duos.facts import Background, Couple, load_background, load_couples
from domain.duos.payloads import DuoProposed
from domain.duos.rules import Span, is_blocked, judge_proposal
from domain.duos.settling import ended
from domain.facts import Fact
from domain.payload import thing
from domain.sql import execute, fetch
from domain.things import Hold, lock
from domain.verdict import Rejected, Verdict


def unblocked(pair: tuple[str, str]) -> str:
    """Name the end of blocks between two, as proposals between them are refused for want of it."""
    return thing("unblocked", " ".join(pair))


def couple_of(proposed: DomainEvent[DuoProposed]) -> Couple:
    """Give the two people of a proposal."""
    return Couple(proposed.payload.initiator_id, proposed.payload.partner_id)


def as_fact(proposed: DomainEvent[DuoProposed]) -> Fact:
    """Give a proposal as it will be kept."""
    said = proposed.payload.model_dump(mode="json", exclude_unset=True)
    return Fact(DuoProposed.NAME, proposed.stamp, said)


def judge_alone(batch: Batch[DuoProposed]) -> dict[int, Verdict]:
    """Refuse what can never be a duo, by what the proposal itself says."""
    refusals = {each.seq: judge_proposal(as_fact(each)) for each in batch}
    return {seq: refusal for seq, refusal in refusals.items() if refusal is not None}


def judge_among_others(session: Session, batch: Batch[DuoProposed]) -> dict[int, Verdict]:
    """Refuse proposals across a block, and to or by somebody who is in another open duo then.

    Both may turn out otherwise by what is still to be heard of: then they are judged again. Of
    several in one batch the first in order wins.
    """
    in_order = sorted(batch, key=lambda each: each.stamp.order)
    engagements = _load_engagements(session, in_order)
    couples = load_couples(session, (each.payload.duo_id for each in in_order))
    background = load_background(
        session, [(each.payload.duo_id, couple_of(each)) for each in in_order]
    )
    verdicts: dict[int, Verdict] = {}
    for proposed in in_order:
        refusal = _judge(proposed, couples=couples, background=background, engagements=engagements)
        if refusal is not None:
            verdicts[proposed.seq] = refusal
    return verdicts


def _judge(
    proposed: DomainEvent[DuoProposed],
    *,
    couples: dict[str, Couple],
    background: Background,
    engagements: "_Engagements",
) -> Rejected | None:
    """Judge one proposal, and enter it for the next ones if it makes a duo."""
    duo, couple = proposed.payload.duo_id, couple_of(proposed)
    if couples.get(duo, couple) != couple:
        return id_taken()
    if is_blocked(background.blocks_between(couple), proposed.time):
        return Rejected("blocked", "one has blocked the other", unblocked(couple.pair))
    fact = as_fact(proposed)
    span = background.settle(duo, couple, fact).span
    other = engagements.other_than(duo, couple=couple, span=span)
    if other is not None:
        return Rejected("already_in_a_duo", "one of them is in another open duo", ended(other))
    couples[duo] = couple
    background.facts[duo].append(fact)
    engagements.enter(duo, couple=couple, span=span)
    return None


def id_taken() -> Rejected:
    """Refuse a second duo under an id."""
    return Rejected("id_taken", "this duo_id is a duo of others")


@dataclass(frozen=True, slots=True)
class _Engagements:
    """Who is in which duo, and when that is open."""

    _spans: dict[str, dict[str, Span]]

    def other_than(self, duo: str, *, couple: Couple, span: Span) -> str | None:
        """Give another duo that one of two people is in at a moment within the span, if any."""
        others = [
            other
            for person in couple
            for other, open_span in self._spans.get(person, {}).items()
            if other != duo and open_span.overlaps(span)
        ]
        return min(others, default=None)

    def enter(self, duo: str, *, couple: Couple, span: Span) -> None:
        """Note a duo."""
        for person in couple:
            self._spans.setdefault(person, {})[duo] = span


def _load_engagements(
    session: Session, proposals: Iterable[DomainEvent[DuoProposed]]
) -> _Engagements:
    """Read the duos of the people of proposals, locked so that none ends or begins meanwhile."""
    listed = list(proposals)
    people = sorted({person for each in listed for person in couple_of(each)})
    theirs = fetch(
        session,
        "SELECT DISTINCT duo_id FROM duo_participants WHERE user_id = ANY(%(people)s::uuid[])",
        people=people,
    )
    asked = (each.payload.duo_id for each in listed)
    lock(session, "duo", [*(duo for (duo,) in theirs), *asked], Hold.CHANGE)
    rows = fetch(
        session,
        """
        SELECT member.user_id, duos.id, duos.opened_at, duos.open_until
        FROM duo_participants AS member JOIN duos ON duos.id = member.duo_id
        WHERE member.user_id = ANY(%(people)s::uuid[])
        """,
        people=people,
    )
    spans: dict[str, dict[str, Span]] = {}
    for person, duo, opened_at, open_until in rows:
        spans.setdefault(person, {})[duo] = Span(opened_at, open_until)
    return _Engagements(spans)


def make_rows(session: Session, admitted: Batch[DuoProposed]) -> Mapping[int, Verdict]:
    """Insert duos that aren't there yet, each with its two people.

    Gives verdicts on those whose id others took at the same moment.
    """
    first: dict[str, DomainEvent[DuoProposed]] = {}
    for proposed in admitted:
        first.setdefault(proposed.payload.duo_id, proposed)
    listed = [first[duo] for duo in sorted(first)]
    execute(
        session,
        """
        WITH said AS (
            SELECT * FROM unnest(%(duos)s::uuid[], %(initiators)s::uuid[], %(partners)s::uuid[],
                %(times)s::timestamptz[]) AS listed (duo_id, initiator_id, partner_id, opened_at)
        ), made AS (
            -- Until it is settled, still in this transaction, it is open at no moment.
            INSERT INTO duos (id, opened_at, open_until)
            SELECT duo_id, opened_at, opened_at FROM said ORDER BY duo_id
            ON CONFLICT DO NOTHING
            RETURNING id
        )
        INSERT INTO duo_participants (duo_id, user_id, role)
        SELECT said.duo_id, member.user_id, member.role
        FROM made JOIN said ON said.duo_id = made.id
        CROSS JOIN LATERAL (VALUES (initiator_id, 'initiator'), (partner_id, 'participant'))
            AS member (user_id, role)
        """,
        duos=[each.payload.duo_id for each in listed],
        initiators=[each.payload.initiator_id for each in listed],
        partners=[each.payload.partner_id for each in listed],
        times=[each.time for each in listed],
    )
    couples = load_couples(session, first)
    return {
        each.seq: id_taken()
        for each in admitted
        if couples.get(each.payload.duo_id) != couple_of(each)
    }
