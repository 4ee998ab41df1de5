"""What a gathering is, given everything that was said about it. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from domain.constants import MATERIAL_SHIFT
from domain.facts import Fact, NewestWins
from domain.payload import Stamp

PLAIN_FIELDS = (
    "title",
    "description",
    "min_attendees",
    "max_attendees",
    "age_min",
    "age_max",
    "arrival_signpost",
    "confirmation_fee",
    "estimated_event_cost",
)
PLAN_FIELDS = (*PLAIN_FIELDS, "itinerary", "collaborators")

Stops = Sequence[Mapping[str, Any]]


@dataclass(slots=True)
class Gathering:
    """A gathering as its facts make it. `notes` tell which facts had no effect, and why."""

    columns: dict[str, Any] = field(default_factory=dict)
    itinerary: Stops = ()
    collaborators: Sequence[Mapping[str, Any]] = ()
    notes: dict[Stamp, str] = field(default_factory=dict)


def starts_at(itinerary: Stops) -> datetime:
    """Give when an event starts: when its first stop does."""
    return instant(min(itinerary, key=_order)["start_time"])


def ends_at(itinerary: Stops) -> datetime:
    """Give when an event ends: when its last stop does."""
    return instant(max(itinerary, key=_order)["end_time"])


def instant(text: str) -> datetime:
    """Read a time as payloads write it."""
    return datetime.fromisoformat(text)


def _order(stop: Mapping[str, Any]) -> int:
    order: int = stop["order"]
    return order


def is_material(before: Stops, after: Stops) -> bool:
    """Say whether a change of plan must be reconfirmed: start or first place moved."""
    moved = abs(starts_at(after) - starts_at(before))
    places = [min(stops, key=_order)["location_id"] for stops in (before, after)]
    return moved > MATERIAL_SHIFT or places[0] != places[1]


def settle_plan(facts: Sequence[Fact]) -> tuple[dict[str, Any], list[Stamp], dict[Stamp, str]]:
    """Fold what was said of the plan: its fields, its material changes, and what had no effect.

    What publishes comes first, whatever its time; updates follow in order, and one that is later
    than the end of the plan as it then stands has no effect.
    """
    fields = NewestWins()
    material: list[Stamp] = []
    notes: dict[Stamp, str] = {}
    for fact in facts:
        if fact.kind == "event.published":
            fields.begin(_said(fact.data))
    for fact in facts:
        if fact.kind != "event.updated":
            continue
        before = fields.values["itinerary"]
        if fact.stamp.time > ends_at(before):
            notes[fact.stamp] = "event_over"
            continue
        fields.offer(fact.stamp, _said(fact.data))
        if is_material(before, fields.values["itinerary"]):
            material.append(fact.stamp)
    return fields.values, material, notes


def _said(data: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in data.items() if name in PLAN_FIELDS}


def settle_gathering(facts: Sequence[Fact], host_departures: Sequence[datetime]) -> Gathering:
    """Fold everything that was said about a gathering, in order.

    `host_departures` are the times at which its host was deleted or banned: what was published
    before and hadn't started is cancelled by system with that time.
    """
    plan, material, notes = settle_plan(facts)
    start, end = starts_at(plan["itinerary"]), ends_at(plan["itinerary"])
    cancelled_at, status = _cancellation(facts, host_departures, start, end, notes)
    completed_at = finalized_at = None
    if cancelled_at is None:
        completed_at = _first(facts, "event.completed", notes, not_before=end)
        if completed_at is not None:
            status = "completed"
            finalized_at = _first(facts, "event.finalized", notes)
    if completed_at is None:
        why = "event_cancelled" if cancelled_at is not None else "not_completed"
        notes |= _all_of(facts, "event.finalized", why)
    if cancelled_at is not None:
        notes |= _all_of(facts, "event.completed", "event_cancelled")
    columns = {
        **{name: plan.get(name) for name in PLAIN_FIELDS},
        "status": status,
        "starts_at": start,
        "ends_at": end,
        "cancelled_at": cancelled_at,
        "completed_at": completed_at,
        "finalized_at": finalized_at,
        "material_changes": [stamp.time for stamp in material],
    }
    return Gathering(columns, plan["itinerary"], plan.get("collaborators") or (), notes)


def _cancellation(
    facts: Sequence[Fact],
    host_departures: Sequence[datetime],
    start: datetime,
    end: datetime,
    notes: dict[Stamp, str],
) -> tuple[datetime | None, str]:
    """Find the earliest cancellation that has effect: (when, status)."""
    published_at = min(fact.stamp.time for fact in facts if fact.kind == "event.published")
    found = [
        (departed, "cancelled") for departed in host_departures if published_at <= departed < start
    ]
    for fact in facts:
        if fact.kind != "event.cancelled":
            continue
        if fact.stamp.time >= end:
            notes[fact.stamp] = "event_over"
        else:
            by_host = fact.data["cancelled_by"] == "host"
            found.append((fact.stamp.time, "cancelled_by_host" if by_host else "cancelled"))
    # A stable sort: of two at the same moment, facts keep their own order.
    found.sort(key=lambda cancellation: cancellation[0])
    return found[0] if found else (None, "published")


def _first(
    facts: Sequence[Fact],
    kind: str,
    notes: dict[Stamp, str],
    *,
    not_before: datetime | None = None,
) -> datetime | None:
    """Give the time of the first fact of a kind, leaving out those before a moment."""
    found = None
    for fact in facts:
        if fact.kind != kind:
            continue
        if not_before is not None and fact.stamp.time < not_before:
            notes[fact.stamp] = "not_over_yet"
        elif found is None:
            found = fact.stamp.time
    return found


def _all_of(facts: Sequence[Fact], kind: str, why: str) -> dict[Stamp, str]:
    return {fact.stamp: why for fact in facts if fact.kind == kind}
