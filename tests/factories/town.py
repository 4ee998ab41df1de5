"""A small town, written row by row: people with tastes, events, and what lies between them."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Engine, text
from sqlmodel import Session

from domain.matching import Candidate, candidates
from domain.matching.embedding import embed
from tests.helpers.pages import an_id

NOW: Final = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY: Final = timedelta(days=1)
WEEK: Final = 7 * DAY
# A Friday, at six in the evening in New York.
STARTS: Final = datetime(2026, 3, 13, 22, tzinfo=UTC)
HALL: Final = (40.0, -74.0)
CLIMBING: Final = "Bouldering at the climbing hall, then burgers"


def literal(said: str) -> str:
    """The vector of a text as Postgres reads it."""
    return "[" + ",".join(map(repr, embed(said))) + "]"


@dataclass(slots=True)
class Town:
    """Rows in a database; names stand for ids."""

    engine: Engine
    names: dict[str, str] = field(default_factory=dict)

    def run(self, statement: str, **parameters: Any) -> None:
        """Run a statement."""
        with self.engine.begin() as connection:
            connection.execute(text(statement), parameters)

    def id(self, name: str) -> str:
        """The id of somebody or something."""
        identity = an_id(name)
        self.names[identity] = name
        return identity

    def person(
        self, name: str, *, likes: str | None = None, dislikes: str | None = None, **columns: Any
    ) -> None:
        """Have somebody live here: active, of age, without any wish but those given."""
        said = {"clerk_id": name, "birth_date": date(1990, 5, 1), "status": "active", **columns}
        self._insert("users", {"id": self.id(name), **said})
        self.run("INSERT INTO user_internal_metrics (user_id) VALUES (:id)", id=self.id(name))
        for words, kind in ((likes, "positive_v1"), (dislikes, "negative_v1")):
            if words is not None:
                vector = {"vector": literal(words), "vector_type": kind}
                self._insert("user_interest_vectors", {"user_id": self.id(name), **vector})

    def event(
        self,
        name: str,
        *,
        host: str = "Hanna",
        about: str | None = CLIMBING,
        starts_at: datetime = STARTS,
        **columns: Any,
    ) -> None:
        """Have an event of three hours announced at the hall."""
        said = {"title": name, "description": about or "", "status": "published"}
        numbers = {"min_attendees": 1, "max_attendees": 8, "confirmation_fee": 500}
        times = {"starts_at": starts_at, "ends_at": starts_at + 3 * timedelta(hours=1)}
        vector = {"event_vector": None if about is None else literal(about)}
        named = {"id": self.id(name), "host_id": self.id(host)}
        self._insert("events", named | said | numbers | times | vector | columns)
        self.run(
            "INSERT INTO locations (id, name, latitude, longitude) VALUES (:id, 'Hall', :lat, :lon)"
            " ON CONFLICT DO NOTHING",
            id=self.id("hall"),
            lat=HALL[0],
            lon=HALL[1],
        )
        stop = {"title": "Hall", "description": "", "start_time": starts_at, "end_time": starts_at}
        place = {"event_id": self.id(name), "location_id": self.id("hall"), "order": 1}
        self._insert("event_itinerary_stops", {"id": self.id(f"stop of {name}"), **place, **stop})

    def invite(self, event: str, person: str, *, status: str = "sent") -> None:
        """Have somebody invited."""
        named = {"event_id": self.id(event), "user_id": self.id(person), "status": status}
        self._insert("invitations", {"id": self.id(f"{event} {person}"), **named})

    def was_at(self, person: str, latitude: float, longitude: float = HALL[1]) -> None:
        """Have somebody been to a gathering somewhere."""
        place = {"latitude": latitude, "longitude": longitude}
        named = {"user_id": self.id(person), "event_id": self.id("drinks")}
        self._insert("user_places", {**named, **place})

    def duo(self, one: str, other: str, **columns: Any) -> None:
        """Have two people want to come as a pair."""
        duo = self.id(f"{one} and {other}")
        times = {"opened_at": NOW - WEEK, "open_until": NOW + WEEK}
        self._insert("duos", {"id": duo, "status": "active", **times, **columns})
        for person, role in ((one, "initiator"), (other, "participant")):
            named = {"duo_id": duo, "user_id": self.id(person), "role": role}
            self._insert("duo_participants", named)

    def interested(self, person: str, *interests: str) -> None:
        """Have somebody ticked interests, whose vectors are there."""
        for name in interests:
            self.run(
                "INSERT INTO interests (name, vector) VALUES (:name, cast(:vector AS vector))"
                " ON CONFLICT DO NOTHING",
                name=name,
                vector=literal(name),
            )
            self.run(
                "INSERT INTO profile_interests SELECT :person, id FROM interests"
                " WHERE name = :name",
                person=self.id(person),
                name=name,
            )

    def match(self, event: str = "drinks", *, limit: int = 20, now: datetime = NOW) -> list[str]:
        """Who is found, by name, best first."""
        return [self.names[each.user_id] for each in self.candidates(event, limit=limit, now=now)]

    def candidates(
        self, event: str = "drinks", *, limit: int = 20, now: datetime = NOW
    ) -> list[Candidate]:
        """Who is found, and why."""
        with Session(self.engine) as session, session.begin():
            return candidates(session, self.id(event), limit=limit, now=now)

    def _insert(self, table: str, row: dict[str, Any]) -> None:
        columns = ", ".join(f'"{name}"' for name in row)
        values = ", ".join(
            f"cast(:{name} AS vector)" if name.endswith("vector") else f":{name}" for name in row
        )
        self.run(f"INSERT INTO {table} ({columns}) VALUES ({values})", **row)
