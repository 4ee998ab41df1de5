"""The city: its people, places and gatherings, and what each chapter of the story knows of them."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from domain.gatherings.payloads import Stop
from domain.gatherings.rules import is_material
from workers.city.chance import Chance
from workers.city.diary import Diary


@dataclass(slots=True)
class Person:
    """Somebody; who is `apart` is never invited, and may be barred without anyone missing them."""

    id: str
    clerk_id: str
    first_name: str
    last_name: str
    birth_date: date
    joined_at: datetime
    apart: bool = False
    left_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Somewhere to meet; coordinates in degrees."""

    id: str
    name: str
    latitude: float
    longitude: float


@dataclass(slots=True)
class Guest:
    """Somebody who was invited, and how it went."""

    person: Person
    invitation_id: str
    invited_at: datetime
    expires_at: datetime
    paid_at: datetime | None = None
    payment_id: str | None = None
    reconfirmed_at: datetime | None = None
    gave_up_at: datetime | None = None
    came: bool = False

    def has_seat_at(self, moment: datetime) -> bool:
        """Say whether they had paid by then and not given up."""
        gone = self.gave_up_at is not None and self.gave_up_at <= moment
        return self.paid_at is not None and self.paid_at < moment and not gone


@dataclass(frozen=True, slots=True)
class Version:
    """A gathering's plan from a moment on."""

    since: datetime
    stops: tuple[Stop, ...]


@dataclass(slots=True)
class Gathering:
    """An evening: who hosts it, where, when, and who was asked."""

    id: str
    host: Person
    co_hosts: list[Person]
    published_at: datetime
    places: list[Place]
    seats: int
    fee_in_cents: int
    asked: list[Person]
    versions: list[Version] = field(default_factory=list)
    called_off_at: datetime | None = None
    completed_at: datetime | None = None
    guests: list[Guest] = field(default_factory=list)

    @property
    def stops(self) -> tuple[Stop, ...]:
        """The itinerary as it finally stands."""
        return self.versions[-1].stops

    @property
    def starts_at(self) -> datetime:
        """When it finally starts."""
        return self.stops[0].start_time

    @property
    def ends_at(self) -> datetime:
        """When it finally ends."""
        return self.stops[-1].end_time

    @property
    def happened(self) -> bool:
        """Say whether nobody called it off."""
        return self.called_off_at is None

    @property
    def present(self) -> list[Guest]:
        """Who came."""
        return [guest for guest in self.guests if guest.came]

    def material_changes(self) -> list[datetime]:
        """Give when the plan changed so much that guests are asked again."""
        plans = [[stop.model_dump(mode="json") for stop in v.stops] for v in self.versions]
        return [
            version.since
            for version, before, after in zip(self.versions[1:], plans[:-1], plans[1:], strict=True)
            if is_material(before, after)
        ]


@dataclass(slots=True)
class City:
    """All of it. `today` is the midnight before which everything has happened, over `days` days.

    In a contested city seats are scarce, and much depends on who is first; else nothing does.
    """

    chance: Chance
    diary: Diary
    today: datetime
    contested: bool
    days: int
    people: list[Person] = field(default_factory=list)
    places: list[Place] = field(default_factory=list)
    gatherings: list[Gathering] = field(default_factory=list)

    @property
    def sociable(self) -> list[Person]:
        """Those who may be invited."""
        return [person for person in self.people if not person.apart]

    @property
    def apart(self) -> list[Person]:
        """Those who never are."""
        return [person for person in self.people if person.apart]

    def ago(self, low_days: float, high_days: float) -> datetime:
        """Draw a moment so many days ago."""
        return self.today - self.chance.days(low_days, high_days)

    def since(self, moment: datetime) -> datetime:
        """Draw a moment between another and today."""
        return moment + self.chance.between(timedelta(0), max(self.today - moment, timedelta(1)))
