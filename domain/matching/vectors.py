"""Writes vectors: those made from texts, and those that are the mean of others.

A vector is written only while its text is still the one that it was made from. People and events
are locked first, so that of two who write the same vector the later one has read the newer text,
and nothing is written for somebody who is just being deleted.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Final

from sqlmodel import Session

from domain.matching.means import decliners, likers
from domain.matching.requests import Mark, mark
from domain.matching.rules import vector_row_id
from domain.matching.sources import OF_PEOPLE, Key, Source, read_sources
from domain.ports import Vector
from domain.sql import array, execute
from domain.tables.matching import RequestKind
from domain.tables.profiles import InterestVectorType
from domain.things import Hold, lock

# Those that lie in user_interest_vectors.
TYPES: Final = {
    RequestKind.POSITIVE: InterestVectorType.POSITIVE,
    RequestKind.PERSONA: InterestVectorType.PERSONA,
}


def write_vectors(
    session: Session,
    read: Mapping[Key, Source],
    vectors: Mapping[str, Vector],
    *,
    model: str,
    now: datetime,
) -> set[Key]:
    """Write what was made of these texts (`vectors` by text); give what has changed meanwhile.

    What is made from vectors that were written is marked. What has no text any more loses its
    vector.
    """
    _lock(session, read)
    current = read_sources(session, read)
    changed = {key for key in read if key in current and current[key].hash != read[key].hash}
    settled = {key: source for key, source in current.items() if key not in changed}
    made = {
        key: vectors[source.text]
        for key, source in settled.items()
        if source.text is not None and source.text in vectors
    }
    empty = [key for key, source in settled.items() if source.text is None]
    for kind in {kind for kind, _ in (*made, *empty)}:
        _write(
            session,
            kind,
            {target: vector for (each, target), vector in made.items() if each is kind}
            | {target: None for each, target in empty if each is kind},
        )
    _note(session, {key: settled[key] for key in made}, model)
    _forget(session, empty)
    mark(session, _dependents(session, [*made, *empty]), now=now)
    return changed


def _lock(session: Session, keys: Iterable[Key]) -> None:
    listed = list(keys)
    lock(session, "user", (target for kind, target in listed if kind in OF_PEOPLE), Hold.CHANGE)
    events = (target for kind, target in listed if kind is RequestKind.EVENT)
    lock(session, "event", events, Hold.CHANGE)


_WRITE: Final = {
    RequestKind.INTEREST: "UPDATE interests AS kept SET vector = made.vector"
    " FROM unnest(%(targets)s::text[], %(vectors)s::vector[]) AS made (target, vector)"
    " WHERE kept.name = made.target",
    RequestKind.EVENT: "UPDATE events AS kept SET event_vector = made.vector"
    " FROM unnest(%(targets)s::uuid[], %(vectors)s::vector[]) AS made (target, vector)"
    " WHERE kept.id = made.target",
    RequestKind.PROFILE: "UPDATE social_profiles AS kept SET social_profile_vector = made.vector"
    " FROM unnest(%(targets)s::uuid[], %(vectors)s::vector[]) AS made (target, vector)"
    " WHERE kept.user_id = made.target",
}


def _write(session: Session, kind: RequestKind, made: Mapping[str, Vector | None]) -> None:
    """Write the vectors of one kind, in key order; None takes one away."""
    listed = sorted(made)
    literals = [_literal(made[target]) for target in listed]
    if kind in _WRITE:
        execute(session, _WRITE[kind], targets=listed, vectors=literals)
        return
    _remove(session, kind, [target for target in listed if made[target] is None])
    execute(
        session,
        """
        INSERT INTO user_interest_vectors AS kept (id, user_id, vector, vector_type, persona_name)
        SELECT made.id, made.user_id, made.vector, %(type)s,
            CASE WHEN %(type)s = 'persona_v1' THEN users.career END
        FROM unnest(%(ids)s::uuid[], %(targets)s::uuid[], %(vectors)s::vector[])
            AS made (id, user_id, vector)
        JOIN users ON users.id = made.user_id
        WHERE made.vector IS NOT NULL
        ON CONFLICT (id) DO UPDATE SET vector = excluded.vector,
            persona_name = excluded.persona_name, updated_at = now()
        """,
        ids=[vector_row_id(target, TYPES[kind]) for target in listed],
        targets=listed,
        vectors=literals,
        type=TYPES[kind],
    )


def _literal(vector: Vector | None) -> str | None:
    """Write a vector as Postgres reads it."""
    return None if vector is None else "[" + ",".join(map(repr, vector)) + "]"


def _remove(session: Session, kind: RequestKind, people: Collection[str]) -> None:
    execute(
        session,
        "DELETE FROM user_interest_vectors WHERE user_id = ANY(%(people)s::uuid[])"
        " AND vector_type = %(type)s",
        people=array(people),
        type=TYPES[kind],
    )


def _note(session: Session, made: Mapping[Key, Source], model: str) -> None:
    """Keep from which text and by which model vectors were made."""
    listed = sorted(made)
    execute(
        session,
        """
        INSERT INTO embeddings AS kept (kind, target, model, text_hash)
        SELECT kind, target, %(model)s, hash
        FROM unnest(%(kinds)s::text[], %(targets)s::text[], %(hashes)s::text[])
            AS made (kind, target, hash)
        ON CONFLICT (kind, target) DO UPDATE SET model = excluded.model,
            text_hash = excluded.text_hash, updated_at = now()
        """,
        kinds=[kind for kind, _ in listed],
        targets=[target for _, target in listed],
        hashes=[made[key].hash for key in listed],
        model=model,
    )


def _forget(session: Session, keys: Collection[Key]) -> None:
    execute(
        session,
        """
        DELETE FROM embeddings AS kept
        USING unnest(%(kinds)s::text[], %(targets)s::text[]) AS gone (kind, target)
        WHERE kept.kind = gone.kind AND kept.target = gone.target
        """,
        kinds=[kind for kind, _ in keys],
        targets=[target for _, target in keys],
    )


def _dependents(session: Session, keys: Iterable[Key]) -> list[Mark]:
    """Give what is made from these vectors: means, and proposals for an event."""
    listed = list(keys)
    events = [target for kind, target in listed if kind is RequestKind.EVENT]
    profiles = [target for kind, target in listed if kind is RequestKind.PROFILE]
    marks = [Mark(RequestKind.PROPOSALS, event) for event in events]
    return [*marks, *decliners(session, events), *likers(session, profiles)]
