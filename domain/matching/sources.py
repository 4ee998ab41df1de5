"""What vectors are made from: the texts as they stand, and from which text each was made last."""

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, Final, NamedTuple

from sqlmodel import Session

from domain.matching.rules import (
    Persona,
    event_text,
    persona_text,
    profile_text,
    taste_text,
    text_hash,
)
from domain.sql import array, fetch, fetch_dicts
from domain.tables.matching import RequestKind

Key = tuple[RequestKind, str]

# Made from a text by an embedder. Those of people are read together.
OF_PEOPLE: Final[Mapping[RequestKind, Callable[[Persona], str | None]]] = {
    RequestKind.PROFILE: profile_text,
    RequestKind.POSITIVE: taste_text,
    RequestKind.PERSONA: persona_text,
}
EMBEDDED: Final = (RequestKind.INTEREST, RequestKind.EVENT, *OF_PEOPLE)


class Source(NamedTuple):
    """The text that a vector is to be made from, None when there is nothing to say.

    `name` is kept beside the vector, and so belongs to what it was made from.
    """

    text: str | None
    has_vector: bool
    name: str | None = None
    made_from: tuple[str, str] | None = None

    @property
    def hash(self) -> str:
        """What tells this text and name from others."""
        return text_hash(f"{self.text}\x1f{self.name or ''}")

    def is_stale(self, model: str) -> bool:
        """Say whether the vector has to be made, or to go."""
        if self.text is None:
            return self.has_vector or self.made_from is not None
        return not self.has_vector or self.made_from != (model, self.hash)


def read_sources(session: Session, keys: Iterable[Key]) -> dict[Key, Source]:
    """Read what is to be embedded; what doesn't exist, or was deleted, isn't in the answer."""
    wanted: dict[RequestKind, set[str]] = {}
    for kind, target in keys:
        wanted.setdefault(kind, set()).add(target)
    people = set().union(*(wanted.get(kind, ()) for kind in OF_PEOPLE))
    found = {
        **_interests(session, wanted.get(RequestKind.INTEREST, ())),
        **_events(session, wanted.get(RequestKind.EVENT, ())),
        **{
            (kind, person): source
            for (kind, person), source in _people(session, people).items()
            if person in wanted.get(kind, ())
        },
    }
    made = _made_from(session, found)
    return {key: source._replace(made_from=made.get(key)) for key, source in found.items()}


def _interests(session: Session, names: Collection[str]) -> dict[Key, Source]:
    if not names:
        return {}
    rows = fetch(
        session,
        "SELECT name, vector IS NOT NULL FROM interests WHERE name = ANY(%(names)s)",
        names=list(names),
    )
    return {
        (RequestKind.INTEREST, name): Source(event_text(name), has_vector)
        for name, has_vector in rows
    }


def _events(session: Session, events: Collection[str]) -> dict[Key, Source]:
    if not events:
        return {}
    rows = fetch(
        session,
        """
        SELECT id, title, description, event_vector IS NOT NULL,
            ARRAY(SELECT stop.title FROM event_itinerary_stops AS stop
             WHERE stop.event_id = events.id ORDER BY stop."order")
        FROM events WHERE id = ANY(%(ids)s::uuid[])
        """,
        ids=array(events),
    )
    return {
        (RequestKind.EVENT, event): Source(
            event_text(title, description=description, stops=stops), has_vector
        )
        for event, title, description, has_vector, stops in rows
    }


def _people(session: Session, people: Collection[str]) -> dict[Key, Source]:
    """Read what people say of themselves; of the deleted nothing."""
    if not people:
        return {}
    rows = fetch_dicts(
        session,
        """
        SELECT users.id, users.career, users.mood, users.interests, profile.bio,
            profile.occupation, profile.user_id IS NOT NULL AS has_profile,
            profile.social_profile_vector IS NOT NULL AS profile,
            ARRAY(SELECT interest.name FROM profile_interests AS chosen
                JOIN interests AS interest ON interest.id = chosen.interest_id
                WHERE chosen.user_id = users.id) AS selected,
            ARRAY(SELECT kept.vector_type FROM user_interest_vectors AS kept
                WHERE kept.user_id = users.id) AS vectors
        FROM users LEFT JOIN social_profiles AS profile ON profile.user_id = users.id
        WHERE users.id = ANY(%(ids)s::uuid[]) AND users.deleted_at IS NULL
        """,
        ids=array(people),
    )
    return {(kind, row["id"]): _source(kind, row) for row in rows for kind in OF_PEOPLE}


def _source(kind: RequestKind, row: Mapping[str, Any]) -> Source:
    """Give the text of one kind about a person; a profile that isn't there has none."""
    said = ("career", "mood", "interests", "bio", "occupation", "selected")
    person = Persona(**{name: row[name] for name in said})
    if kind is RequestKind.PROFILE:
        return Source(profile_text(person) if row["has_profile"] else None, row["profile"])
    name = person.career if kind is RequestKind.PERSONA else None
    return Source(OF_PEOPLE[kind](person), f"{kind}_v1" in row["vectors"], name)


def _made_from(session: Session, keys: Iterable[Key]) -> dict[Key, tuple[str, str]]:
    """Give (model, hash of the text) of each vector that was made."""
    listed = list(keys)
    rows = fetch(
        session,
        """
        SELECT made.kind, made.target, made.model, made.text_hash
        FROM unnest(%(kinds)s::text[], %(targets)s::text[]) AS asked (kind, target)
        JOIN embeddings AS made USING (kind, target)
        """,
        kinds=[kind for kind, _ in listed],
        targets=[target for _, target in listed],
    )
    return {(RequestKind(kind), target): (model, hash_) for kind, target, model, hash_ in rows}
