"""Who belongs into whose memory book. Pure."""

from collections.abc import Collection
from itertools import permutations

Pair = tuple[str, str]


def settle_connections(
    present: Collection[str],
    host: str,
    *,
    stands: bool,
    blocked: Collection[Pair] = frozenset(),
) -> set[Pair]:
    """Give (owner, other) of everybody who met at an event.

    `present` attended or were late; the host is not one of them. None unless the event is
    completed and not cancelled (`stands`). `blocked` are the pairs, in both directions, that a
    block parted at completion.
    """
    if not stands:
        return set()
    return set(permutations(set(present) - {host}, 2)).difference(blocked)
