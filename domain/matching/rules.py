"""What is embedded of whom, who fits an event, and how a match is put into words. Pure."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from hashlib import blake2b
from typing import Any, Final
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from domain.constants import (
    ADULT_AGE_YEARS,
    EVENING_FROM,
    METRES_PER_MILE,
    PRICE_LEVEL_FEES,
    SUITING_LIKENESS,
    TEXT_LIMIT_CHARACTERS,
)

DAY: Final = timedelta(days=1)
WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
PRICE_SIGNS: Final = re.compile(r"\s*(\${1,4})\s*")


@dataclass(frozen=True, slots=True)
class Persona:
    """What somebody says of themselves."""

    career: str | None = None
    mood: str | None = None
    interests: Sequence[Any] | None = None
    bio: str | None = None
    occupation: str | None = None
    # What they ticked in the list of interests.
    selected: Sequence[str] = ()

    @property
    def named(self) -> list[str]:
        """The interests of the persona, as far as they are names."""
        return [each for each in self.interests or () if isinstance(each, str)]


def event_text(title: str, *, description: str = "", stops: Sequence[str] = ()) -> str | None:
    """Put together what an event's vector is made from."""
    return _text([title, description, *stops])


def persona_text(person: Persona) -> str | None:
    """Put together what a persona's vector is made from."""
    return _text([person.career, person.mood, *_names(person.named)])


def profile_text(person: Persona) -> str | None:
    """Put together what a social profile's vector is made from."""
    return _text([person.bio, person.occupation, persona_text(person)])


def taste_text(person: Persona) -> str | None:
    """Put together what somebody likes, whatever the order in which they said it."""
    return _text(_names([*person.selected, *person.named]))


def _names(said: Iterable[str]) -> list[str]:
    """Give names once each, in one order."""
    return sorted({name.strip().casefold() for name in said})


def _text(parts: Iterable[str | None]) -> str | None:
    """Join what there is, up to the limit; None if it has neither letter nor digit."""
    text = "\n".join(part.strip() for part in parts if part)[:TEXT_LIMIT_CHARACTERS]
    return text if any(map(str.isalnum, text)) else None


def vector_row_id(person: str, vector_type: str) -> UUID:
    """Give the id of somebody's vector of a type: they have one of each."""
    return uuid5(UUID(person), vector_type)


def text_hash(text: str) -> str:
    """Name a text by its hash."""
    return blake2b(text.encode(), digest_size=16).hexdigest()


def price_level(cost: Mapping[str, Any] | None, fee: int) -> int:
    """Give what an event costs as people rate their comfort: 1 to 4.

    The greater of what the host estimates (`range`, `$` to `$$$$`) and the level of the fee in
    cents. An estimate that says nothing of the kind is passed over.
    """
    estimated = cost.get("range") if isinstance(cost, Mapping) else None
    found = PRICE_SIGNS.fullmatch(estimated) if isinstance(estimated, str) else None
    of_fee = 1 + sum(fee > limit for limit in PRICE_LEVEL_FEES)
    return max(of_fee, len(found[1]) if found else 0)


@dataclass(frozen=True, slots=True)
class LocalStart:
    """When an event starts where somebody lives, as they state their availability."""

    zone: str
    weekday: str
    part: str


def local_start(starts_at: datetime, zone: str) -> LocalStart:
    """Say on which day of the week an event starts in a time zone, by day or in the evening.

    A zone that isn't known here any more counts as UTC, as does a part of a name: where zones are
    files, that is a directory.
    """
    try:
        local = starts_at.astimezone(ZoneInfo(zone))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        local = starts_at.astimezone(UTC)
    part = "evening" if local.time() >= EVENING_FROM else "daytime"
    return LocalStart(zone, WEEKDAYS[local.weekday()], part)


@dataclass(frozen=True, slots=True)
class BirthDates:
    """Who is old and young enough: born on or before the one and after the other, if it is set."""

    until: date
    after: date | None


def birth_dates(starts_at: datetime, *, age_min: int | None, age_max: int | None) -> BirthDates:
    """Turn an event's ages into dates of birth: an adult, within both, on the event's day."""
    day = starts_at.astimezone(UTC).date()
    return BirthDates(
        until=_born_by(day, max(ADULT_AGE_YEARS, age_min or 0)),
        after=None if age_max is None else _born_by(day, age_max + 1),
    )


def _born_by(day: date, age: int) -> date:
    """Give the latest date of birth with which one is so old; 29 February counts on 1 March."""
    year = day.year - age
    try:
        return day.replace(year=year)
    except ValueError:
        return date(year, 2, 28)


def days_left(starts_at: datetime, now: datetime) -> float:
    """Give how many days are left until an event starts."""
    return (starts_at - now) / DAY


@dataclass(frozen=True, slots=True)
class Liking:
    """What speaks for somebody's coming: of each the best there is, or None."""

    shared_with_host: str | None = None
    interest: str | None = None
    interest_likeness: float | None = None
    taste_likeness: float | None = None
    metres: float | None = None


def match_reason(liking: Liking) -> str:
    """Say why somebody is proposed, so that they understand it."""
    reason = _why(liking)
    if liking.metres is None:
        return f"{reason}."
    return f"{reason}, and it is {_how_far(liking.metres)} your last gathering."


def _why(liking: Liking) -> str:
    if liking.shared_with_host is not None:
        return f"You and the host both like {liking.shared_with_host}"
    if liking.interest is not None and (liking.interest_likeness or 0) >= SUITING_LIKENESS:
        return f"You like {liking.interest}"
    if (liking.taste_likeness or 0) >= SUITING_LIKENESS:
        return "It is close to what you like"
    return "It fits your preferences"


def _how_far(metres: float) -> str:
    """Say a distance in whole miles."""
    miles = round(metres / METRES_PER_MILE)
    if miles < 1:
        return "less than a mile from"
    return f"{miles} mile{'' if miles == 1 else 's'} from"
