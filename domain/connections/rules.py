"""Who belongs into whose memory book. Pure."""

from collections.abc import Collection
from itertools import permutations

Pair = tuple[str, str]


def settle_connections(present: Collection[str], host: str, *, stands: bool) -> set[Pair]:
    """Give (owner, other) of everybody who met at an event.

    `present` attended or were late; the host is not one of them. None unless the event is
    completed and not cancelled (`stands`).
    """
    return set(permutations(set(present) - {host}, 2)) if stands else set()
