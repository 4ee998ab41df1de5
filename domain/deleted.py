"""People who were deleted: what is said about them later, or heard of only then.

What hangs on the deletion alone is read under the person's lock: whoever keeps something of a
person holds it, and so does the deletion.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import TypeVar

from sqlmodel import Session

from domain.batch import Batch, DomainEvent
from domain.payload import Payload
from domain.sql import array, fetch
from domain.verdict import Accepted, Rejected, Verdict

P = TypeVar("P", bound=Payload)

# The note of what happened before a deletion that was heard of first.
ERASED = Accepted("user_deleted")


def deletions(session: Session, people: Iterable[str]) -> dict[str, datetime]:
    """Give when people were deleted, as far as they were."""
    rows = fetch(
        session,
        "SELECT id, deleted_at FROM users"
        " WHERE id = ANY(%(ids)s::uuid[]) AND deleted_at IS NOT NULL",
        ids=array(set(people)),
    )
    return dict(rows)


def judge_late(said: DomainEvent[Payload], deleted_at: datetime | None) -> Rejected | None:
    """Refuse what happened to a person after the deletion."""
    if deleted_at is None or said.time <= deleted_at:
        return None
    return Rejected("user_deleted", "the person was deleted before this")


def judge_deleted(
    batch: Batch[P], deleted: Mapping[str, datetime], *, person: Callable[[P], str]
) -> dict[int, Verdict]:
    """Give verdicts on all that is about deleted people, where nothing of it is to be kept.

    What happened before the deletion was right, and is erased: it has no effect.
    """
    return {
        each.seq: judge_late(each, deleted[person(each.payload)]) or ERASED
        for each in batch
        if person(each.payload) in deleted
    }
