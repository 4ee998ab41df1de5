"""What a threshold is: from which number on a gauge is an alarm, and what it says then."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from domain.figures.gauges import Gauge


class Level(StrEnum):
    """How urgent it is: `warn`, look at it today; `page`, get up."""

    WARN = "warn"
    PAGE = "page"


class Unit(StrEnum):
    """What a number counts."""

    SECONDS = "s"
    COUNT = "count"
    PART = "part"
    BYTES = "bytes"


@dataclass(frozen=True, slots=True)
class Threshold:
    """When a gauge is an alarm.

    `statement` may name `{value}` and the gauge's labels. `held`: for how long it must be so.
    `causes`: the alarms that would explain this one, the likeliest first. `fine`: what to say when
    this was looked for as a cause and isn't it.
    """

    name: str
    gauge: str
    statement: str
    hint: str
    warn: float | None = None
    page: float | None = None
    only: Mapping[str, str] = field(default_factory=dict)
    other_than: Mapping[str, str] = field(default_factory=dict)
    is_below: bool = False
    held: timedelta = timedelta()
    unit: Unit = Unit.COUNT
    causes: tuple[str, ...] = ()
    fine: str = ""

    def is_about(self, gauge: Gauge) -> bool:
        """Say whether a gauge is judged by this."""
        return (
            gauge.name == self.gauge
            and self.only.items() <= gauge.labels.items()
            and not self.other_than.items() & gauge.labels.items()
        )

    def level(self, value: float) -> Level | None:
        """Say how bad a value is; None if it isn't."""
        for level, bound in ((Level.PAGE, self.page), (Level.WARN, self.warn)):
            if bound is not None and (value < bound if self.is_below else value > bound):
                return level
        return None
