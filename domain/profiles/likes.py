"""Who likes whose profile."""

from typing import Any

from sqlmodel import Session

from domain.batch import Batch
from domain.deleted import ERASED, deletions, judge_deleted
from domain.profiles.payloads import ProfileLiked
from domain.profiles.rules import judge_pair
from domain.sql import array, execute
from domain.verdict import Verdict


def like_profiles(session: Session, batch: Batch[ProfileLiked]) -> dict[int, Verdict]:
    """Keep likes; one stands between two people who are both there."""
    verdicts: dict[int, Verdict] = {}
    for liked in batch:
        refusal = judge_pair(liked.payload.liker_id, liked.payload.liked_id)
        if refusal is not None:
            verdicts[liked.seq] = refusal
    rest = batch.without(verdicts)
    both = (person for each in rest for person in (each.payload.liker_id, each.payload.liked_id))
    gone = deletions(session, both)
    departed = judge_deleted(rest, gone, person=lambda said: said.liker_id)
    departed |= {
        each.seq: ERASED for each in rest.without(departed) if each.payload.liked_id in gone
    }
    _delete(session, [each.payload for each in rest if each.seq in departed])
    _insert(session, [each.payload for each in rest.without(departed)])
    return verdicts | departed


def _columns(likes: list[ProfileLiked]) -> dict[str, Any]:
    """One list a column, in key order: of two batches with the same likes one waits."""
    pairs = sorted({(liked.liker_id, liked.liked_id) for liked in likes})
    return {"likers": array(pair[0] for pair in pairs), "liked": array(pair[1] for pair in pairs)}


def _insert(session: Session, likes: list[ProfileLiked]) -> None:
    execute(
        session,
        "INSERT INTO profile_likes (liker_id, liked_id)"
        " SELECT * FROM unnest(%(likers)s::uuid[], %(liked)s::uuid[]) ON CONFLICT DO NOTHING",
        **_columns(likes),
    )


def _delete(session: Session, likes: list[ProfileLiked]) -> None:
    """Delete what an API service wrote in the transaction of the domain event."""
    if likes:
        execute(
            session,
            "DELETE FROM profile_likes AS kept"
            " USING unnest(%(likers)s::uuid[], %(liked)s::uuid[]) AS said (liker_id, liked_id)"
            " WHERE kept.liker_id = said.liker_id AND kept.liked_id = said.liked_id",
            **_columns(likes),
        )
