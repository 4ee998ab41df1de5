"""Who belongs into whose memory book. Pure."""

from collections.abc import Collection
from itertools import permutations
from uuid import UUID

Pair = tuple[UUID, UUID]


def settle_connections(present: Collection[UUID], host: UUID, *, stands: bool) -> set[Pair]:
    """Give (owner, other) of everybody who met at an event.

    `present` attended or were late; the host is not one of them. None unless the event is
    completed and not cancelled (`stands`).
    """
    return set(permutations(set(present) - {host}, 2)) if stands else set()
