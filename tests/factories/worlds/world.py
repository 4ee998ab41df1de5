"""A world of its own: one event, its host and its guests, and what is told of them."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from domain.catalogue import TYPES
from domain.envelope import Envelope, enclose
from tests.helpers.pages import an_id

START: Final = datetime(2026, 3, 14, 18, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
END: Final = START + 3 * HOUR
# Who come, and thank Ada: with Gil and the host enough that she is widely thanked.
FANS: Final = ("Kim", "Lou", "Max")
GUESTS: Final = ("Ada", "Bo", "Gil", "Dan", "Eve", *FANS)


@dataclass(slots=True)
class World:
    """A host, eight guests and one event."""

    name: str
    told: list[Envelope] = field(default_factory=list)

    def id(self, of: str) -> str:
        """The id of somebody or something in this world."""
        return an_id(f"{self.name} {of}")

    def say(self, name: str, time: datetime, /, **data: Any) -> None:
        """Have something happen."""
        payload = TYPES[f"app.momento.{name}.v1"].model_validate(data)
        number = self.id(f"{len(self.told)} {name} {time}")
        self.told.append(enclose(payload, source="/test", time=time, id=number))

    def itinerary(self, shift: timedelta) -> list[dict[str, Any]]:
        """One stop."""
        return [
            {
                "location_id": self.id("bar"),
                "order": 1,
                "title": "Bar",
                "start_time": START + shift,
                "end_time": END + shift,
            }
        ]
