"""Keeps who blocked whom, as far as duos need it."""

from sqlmodel import Session

from domain.batch import Batch, DomainEvent
from domain.safety.payloads import UserBlocked, UserUnblocked
from domain.sql import execute


def keep_blocks(
    session: Session, batch: Batch[UserBlocked] | Batch[UserUnblocked], *, blocks: bool
) -> None:
    """Keep blocks or their ends, unless the safety topic has kept them already.

    The two topics take turns in any order. If duos only looked for what the other one has kept, a
    proposal between the two looks would find no block, and nobody would judge it again.
    """
    listed: list[DomainEvent[UserBlocked] | DomainEvent[UserUnblocked]] = [*batch]
    execute(
        session,
        """
        INSERT INTO block_facts (blocker_id, blocked_id, at, id, source, blocks)
        SELECT said.blocker_id, said.blocked_id, said.at, said.id, said.source, %(blocks)s
        FROM unnest(%(blockers)s::uuid[], %(blocked)s::uuid[], %(times)s::timestamptz[],
            %(ids)s::text[], %(sources)s::text[]) AS said (blocker_id, blocked_id, at, id, source)
        JOIN users AS blocker ON blocker.id = said.blocker_id
        -- What safety refuses: to block oneself, and what somebody did after their deletion.
        WHERE said.blocker_id <> said.blocked_id
            AND (blocker.deleted_at IS NULL OR said.at <= blocker.deleted_at)
        ORDER BY said.blocker_id, said.blocked_id, said.source, said.id
        ON CONFLICT DO NOTHING
        """,
        blocks=blocks,
        blockers=[each.payload.blocker_id for each in listed],
        blocked=[each.payload.blocked_id for each in listed],
        times=[each.time for each in listed],
        ids=[each.id for each in listed],
        sources=[each.source for each in listed],
    )
