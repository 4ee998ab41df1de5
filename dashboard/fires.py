"""Planned times by a clock on the wall, and where its hands are moved between two of them. Pure."""

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
    """Tell each; `shift` stands at the first after a change of the clocks."""
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
