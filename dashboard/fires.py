"""Planned times in local time, and where the clocks change between two of them. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from domain.constants import DEFAULT_ZONE
from domain.zones import zone_of

HOUR_S: Final = 3_600


@dataclass(frozen=True, slots=True)
class Fire:
    """A planned time, how the clocks of most people stand then, and whether they were moved."""

    at: datetime
    local: str
    shift: str = ""


def fires(moments: Iterable[datetime], zone: str = DEFAULT_ZONE) -> Iterator[Fire]:
    """Give each in local time; `shift` of the first after a change says how far clocks moved."""
    before = None
    for at in moments:
        local = at.astimezone(zone_of(zone))
        offset, shift = local.utcoffset(), ""
        assert offset is not None
        if before is not None and offset != before:
            hours = (offset - before).total_seconds() / HOUR_S
            shift = f"clocks are {abs(hours):g} h {'ahead' if hours > 0 else 'back'}"
        before = offset
        yield Fire(at, f"{local:%a %H:%M:%S %Z}", shift)
