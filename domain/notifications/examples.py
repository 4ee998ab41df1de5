"""What a text looks like, with words that nobody has written."""

from datetime import UTC, datetime, timedelta
from string import Formatter
from typing import Final

from domain.notifications.rendering import PATHS, Words
from domain.outbox import derived_id

_STARTS: Final = datetime(2026, 3, 14, 18, tzinfo=UTC)
_IDS: Final = {
    name: derived_id("example", name)
    for path in PATHS.values()
    for _, name, _, _ in Formatter().parse(path)
    if name is not None
}


def example_words(*, count: int = 1) -> Words:
    """Give words for any text."""
    return Words(
        params=_IDS,
        zone="America/New_York",
        event="Drinks by the river",
        who="Ada",
        starts=_STARTS,
        until=_STARTS - timedelta(hours=6),
        signpost="the red lamp beside the door",
        count=count,
        amount_in_cents=500,
    )
