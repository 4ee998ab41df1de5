"""Keeps what people said of one another, and the blocks that follow from it.

The people are locked for change by the caller, so that the words of a pair change in one
transaction at a time.
"""

from collections.abc import Iterable, Mapping

from sqlmodel import Session

from domain.batch import Batch, DomainEvent, Effects
from domain.blocks import Pair, Word, load_words, spans
from domain.deleted import deletions, judge_late
from domain.payload import Payload
from domain.safety.payloads import BlockSettled, UserBlocked, UserUnblocked
from domain.sql import as_json, execute, fetch
from domain.verdict import Verdict

Said = UserBlocked | UserUnblocked


def pair_of(said: DomainEvent[Said]) -> Pair:
    """Give (blocker, blocked)."""
    return said.payload.blocker_id, said.payload.blocked_id


def late_verdicts(
    session: Session, batch: Batch[UserBlocked] | Batch[UserUnblocked]
) -> dict[int, Verdict]:
    """Refuse what people said after they were deleted."""
    deleted = deletions(session, (each.payload.blocker_id for each in batch))
    judged = ((each.seq, judge_late(each, deleted.get(each.payload.blocker_id))) for each in batch)
    return {seq: refusal for seq, refusal in judged if refusal is not None}


def keep_words(
    session: Session, batch: Batch[UserBlocked] | Batch[UserUnblocked], *, blocks: bool
) -> None:
    """Keep what was said, once."""
    execute(
        session,
        """
        INSERT INTO block_facts (blocker_id, blocked_id, at, id, source, blocks)
        SELECT blocker_id, blocked_id, at, id, source, %(blocks)s
        FROM unnest(%(blockers)s::uuid[], %(blocked)s::uuid[], %(times)s::timestamptz[],
            %(ids)s::text[], %(sources)s::text[]) AS said (blocker_id, blocked_id, at, id, source)
        ON CONFLICT DO NOTHING
        """,
        blocks=blocks,
        blockers=[each.payload.blocker_id for each in batch],
        blocked=[each.payload.blocked_id for each in batch],
        times=[each.time for each in batch],
        ids=[each.id for each in batch],
        sources=[each.source for each in batch],
    )


def forget_after_deletion(session: Session, people: Iterable[str]) -> set[Pair]:
    """Remove what people said after they were deleted; give the pairs of which it was said."""
    rows = fetch(
        session,
        """
        DELETE FROM block_facts AS said USING users
        WHERE users.id = ANY(%(people)s) AND said.blocker_id = users.id
            AND said.at > users.deleted_at
        RETURNING said.blocker_id, said.blocked_id
        """,
        people=list(people),
    )
    return set(rows)


def settle_blocks(
    session: Session, causes: Mapping[Pair, DomainEvent[Payload]], *, effects: Effects
) -> dict[Pair, list[Word]]:
    """Write the newest block of each pair; `causes` says what touched it. Gives all words."""
    words = load_words(session, causes)
    newest = {pair: found[-1] for pair, said in words.items() if (found := spans(said))}
    execute(
        session,
        """
        DELETE FROM blocked_users AS kept
        USING unnest(%(blockers)s::uuid[], %(blocked)s::uuid[]) AS gone (blocker_id, blocked_id)
        WHERE kept.blocker_id = gone.blocker_id AND kept.blocked_id = gone.blocked_id
        """,
        blockers=[pair[0] for pair in words if pair not in newest],
        blocked=[pair[1] for pair in words if pair not in newest],
    )
    execute(
        session,
        """
        INSERT INTO blocked_users AS kept (blocker_id, blocked_id, blocked_at, unblocked_at)
        SELECT blocker_id, blocked_id, blocked_at, unblocked_at
        FROM jsonb_populate_recordset(NULL::blocked_users, %(rows)s::jsonb)
        ON CONFLICT (blocker_id, blocked_id) DO UPDATE
        SET blocked_at = excluded.blocked_at, unblocked_at = excluded.unblocked_at
        """,
        rows=as_json(
            {
                "blocker_id": blocker,
                "blocked_id": blocked,
                "blocked_at": span.since,
                "unblocked_at": span.until,
            }
            for (blocker, blocked), span in sorted(newest.items())
        ),
    )
    for pair, cause in causes.items():
        effects.follow(cause, BlockSettled(blocker_id=pair[0], blocked_id=pair[1]))
    return words
