"""What happened in the city, as domain events, and their form for HTTP."""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from domain.envelope import Envelope, enclose
from domain.payload import Payload
from workers.city.chance import Chance

API = "/services/api"
STRIPE = "/services/stripe"
CLOCK = "/services/clock"


class Diary:
    """Collects domain events in the order in which the story is told, which isn't that of time."""

    def __init__(self, chance: Chance) -> None:
        self._chance = chance
        self._pages: list[Envelope] = []

    def note(
        self, payload: Payload, time: datetime, *, source: str = API, actor: str | None = None
    ) -> Envelope:
        """Write down what happened, when, and by whom."""
        page = enclose(payload, source=source, time=time, id=self._chance.id(), actor=actor)
        self._pages.append(page)
        return page

    def until(self, end: datetime) -> Iterator[Envelope]:
        """Give everything up to a moment, in the order of time."""
        yield from sorted(
            (page for page in self._pages if page.time <= end),
            key=lambda page: (page.time, page.id),
        )


def as_cloud_event(envelope: Envelope) -> dict[str, Any]:
    """Give a domain event as a CloudEvent in JSON, as a service would post it."""
    said = {
        "specversion": "1.0",
        "id": envelope.id,
        "source": envelope.source,
        "type": envelope.type,
        "subject": envelope.subject,
        "time": envelope.time.isoformat(),
        "datacontenttype": "application/json",
        "actor": envelope.actor,
        "traceparent": envelope.traceparent,
        "data": json.loads(envelope.data),
    }
    return {name: value for name, value in said.items() if value is not None}
