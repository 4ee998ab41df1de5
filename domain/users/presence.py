"""Who is there: the newest word about each person, and when they were last active.

There are too many of these domain events to keep them as facts, so the row itself keeps the place
in the order of the one that stands. A deletion empties it, and nothing is written to the deleted,
whenever it happened: so it doesn't matter what was heard first.
"""

from collections.abc import Iterable

from sqlmodel import Session

from domain.batch import Batch, DomainEvent
from domain.sql import array, execute, fetch
from domain.users.payloads import PresenceChanged
from domain.verdict import NEWER_STANDS, Accepted, Verdict


def write(session: Session, batch: Batch[PresenceChanged]) -> dict[int, Verdict]:
    """Write who is there, people locked; notes say what a newer word had already overtaken."""
    in_order = sorted(batch, key=lambda each: each.stamp.order)
    newest = {each.payload.user_id: each for each in in_order}
    active = {each.payload.user_id: each for each in in_order if each.payload.is_online}
    _write_activity(session, active.values())
    standing = _write_presence(session, newest.values())
    return {
        each.seq: Accepted(NEWER_STANDS)
        for each in batch
        if each is not newest[each.payload.user_id] or each.payload.user_id not in standing
    }


def _write_activity(session: Session, active: Iterable[DomainEvent[PresenceChanged]]) -> None:
    """Move on when people were last active; something older changes nothing."""
    listed = list(active)
    execute(
        session,
        """
        UPDATE users AS kept SET last_active_at = said.at, updated_at = now()
        FROM unnest(%(people)s::uuid[], %(times)s::timestamptz[]) AS said (user_id, at)
        WHERE kept.id = said.user_id AND (kept.last_active_at < said.at) IS NOT FALSE
        """,
        people=array(each.payload.user_id for each in listed),
        times=array(each.time.isoformat() for each in listed),
    )


def _write_presence(session: Session, newest: Iterable[DomainEvent[PresenceChanged]]) -> set[str]:
    """Write what is newer than what stands, and give the people of whom that is so."""
    listed = list(newest)
    rows = fetch(
        session,
        """
        UPDATE users AS kept SET is_online = said.is_online, presence_time = said.at,
            presence_id = said.id, presence_source = said.source, updated_at = now()
        FROM unnest(%(people)s::uuid[], %(online)s::boolean[], %(times)s::timestamptz[],
            %(ids)s::text[], %(sources)s::text[]) AS said (user_id, is_online, at, id, source)
        WHERE kept.id = said.user_id
            AND ((kept.presence_time, kept.presence_id COLLATE "C",
                    kept.presence_source COLLATE "C")
                < (said.at, said.id COLLATE "C", said.source COLLATE "C")) IS NOT FALSE
        RETURNING kept.id
        """,
        people=array(each.payload.user_id for each in listed),
        online=array(str(each.payload.is_online) for each in listed),
        times=array(each.time.isoformat() for each in listed),
        ids=[each.id for each in listed],
        sources=[each.source for each in listed],
    )
    return {person for (person,) in rows}
