"""The catalogue as a map that lives: types, their handlers, what follows, and how it goes just now.

What there is comes from the code, how it goes from the collector's snapshot.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any, Final

from domain.catalogue import CATALOGUE, HANDLERS
from domain.field_words import field_types
from domain.figures.reading_handlers import LATELY
from domain.figures.snapshot import HandlerNow
from domain.payload import Payload
from domain.reach import reach
from domain.schemas import json_schema

# What of the tries means that something went wrong.
_WRONG: Final = ("failed", "dead", "suspected")
_MINUTES: Final = LATELY.total_seconds() / 60


class Only(StrEnum):
    """Which part of the map: what goes wrong, what nobody handles, what has long been quiet."""

    FAILING = "failing"
    UNHANDLED = "nobody handles"
    QUIET = "quiet for 7 days"


@dataclass(frozen=True, slots=True)
class Route:
    """A handler of a type: how it went in ten minutes, and when it last had something to do.

    `last_at` is None if that was longer ago than a week, or never.
    """

    handler: str
    lane: str
    now: HandlerNow | None
    last_at: datetime | None

    @property
    def per_minute(self) -> float:
        """Tries a minute."""
        return sum(self.now.tries.values()) / _MINUTES if self.now else 0.0

    @property
    def wrong(self) -> int:
        """How many of the tries failed."""
        return sum(self.now.tries.get(state, 0) for state in _WRONG) if self.now else 0


@dataclass(frozen=True, slots=True)
class Mapped:
    """A type of domain event and who takes it."""

    name: str
    topic: str
    sentence: str
    is_public: bool
    routes: tuple[Route, ...]

    def is_among(self, only: Only | None) -> bool:
        """Whether it belongs to that part of the map."""
        if only is Only.FAILING:
            return any(route.wrong for route in self.routes)
        if only is Only.UNHANDLED:
            return not self.routes
        if only is Only.QUIET:
            return bool(self.routes) and all(route.last_at is None for route in self.routes)
        return True


@dataclass(frozen=True, slots=True)
class FieldOf:
    """A field of a payload: what it may hold, and what it refers to."""

    name: str
    holds: str
    is_required: bool
    refers_to: str | None


@dataclass(frozen=True, slots=True)
class Described:
    """One type in full. `after`: handlers whom it may follow from; `leads_to`: by handler."""

    mapped: Mapped
    type: str
    doc: str
    creates: str | None
    fields: tuple[FieldOf, ...]
    after: tuple[str, ...]
    leads_to: Mapping[str, tuple[str, ...]]
    schema: Mapping[str, Any]


def living_map(now: Mapping[str, HandlerNow], last: Mapping[str, datetime]) -> list[Mapped]:
    """Give every type in the catalogue's order."""
    return [_mapped(payload, now, last=last) for payload in CATALOGUE]


def describe_type(
    name: str, now: Mapping[str, HandlerNow], *, last: Mapping[str, datetime]
) -> Described | None:
    """Give one type in full, by its short or full name; None if there is none."""
    payload = next((each for each in CATALOGUE if name in (each.NAME, each.TYPE)), None)
    if payload is None:
        return None
    types, things = field_types(payload), dict(payload.reference_fields())
    follows = follow_ups()
    return Described(
        mapped=_mapped(payload, now, last=last),
        type=payload.TYPE,
        doc=" ".join((payload.__doc__ or "").split()),
        creates=payload.CREATES,
        fields=tuple(
            FieldOf(each, types[each], info.is_required(), things.get(each))
            for each, info in payload.model_fields.items()
        ),
        after=tuple(handler for handler, led in follows.items() if payload.NAME in led),
        leads_to={handler.name: follows[handler.name] for handler in CATALOGUE[payload]},
        schema=json_schema(payload),
    )


@cache
def follow_ups() -> Mapping[str, tuple[str, ...]]:
    """Give by handler what it may publish, as its source says: found once, in half a second."""
    return {
        name: tuple(sorted(reach(handler.apply).follow_ups)) for name, handler in HANDLERS.items()
    }


def _mapped(
    payload: type[Payload], now: Mapping[str, HandlerNow], *, last: Mapping[str, datetime]
) -> Mapped:
    return Mapped(
        name=payload.NAME,
        topic=payload.__module__.split(".")[1],
        sentence=(payload.__doc__ or "").strip().partition("\n")[0],
        is_public=not payload.FOLLOW_UP,
        routes=tuple(
            Route(each.name, each.lane, now.get(each.name), last.get(each.name))
            for each in CATALOGUE[payload]
        ),
    )
