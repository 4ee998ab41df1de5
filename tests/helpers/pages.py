"""The pages of a diary: domain events about people and things that go by names.

The times are those of one evening, at which most of what tests tell happens.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import NAMESPACE_URL, uuid5

from domain.envelope import Envelope, enclose
from domain.payload import Payload

SOURCE = "/services/test"
START = datetime(2026, 3, 14, 18, tzinfo=UTC)
END = START + timedelta(hours=3)
NOW = datetime(2026, 6, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def an_id(name: str) -> str:
    """The same UUID for the same name, so that a test can say whom it means."""
    return str(uuid5(NAMESPACE_URL, f"test {name}"))


@dataclass(slots=True)
class Pages:
    """Collects domain events; each has its place in the diary as its id."""

    pages: list[Envelope] = field(default_factory=list)

    def note(self, payload: Payload, time: datetime) -> Envelope:
        """Write down what happened and when."""
        number = f"{payload.NAME} {len(self.pages)}"
        self.pages.append(enclose(payload, source=SOURCE, time=time, id=an_id(number)))
        return self.pages[-1]
