"""Which pauses this process has seen: of what they hold back it begins nothing.

Each look at what is due asks the database for them. Between two looks, and so that pages can say
who has seen a pause, the process knows them by the beat of its reporter.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from domain.pausing import Pause, handlers_of, mark_of


class Pauses:
    """What is held back, as far as this process knows. For any number of threads."""

    def __init__(self) -> None:
        """Nothing yet."""
        self._until: dict[str, datetime] = {}

    def take(self, pauses: Iterable[Pause]) -> list[str]:
        """Hold back these and no others from now on; give by what each is confirmed."""
        listed = list(pauses)
        self._until = {
            handler: each.until
            for each in sorted(listed, key=lambda each: each.until)
            for handler in handlers_of(each.name)
        }
        return [mark_of(each.name, each.since) for each in listed]

    def hold(self, handler: str, now: datetime) -> bool:
        """Say whether nothing of a handler is to be begun."""
        until = self._until.get(handler)
        return until is not None and now < until


# The pauses that this process knows.
PAUSES: Final = Pauses()
