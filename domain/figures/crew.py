"""Our processes as a snapshot tells of them: those at work, and those that are missed. Pure."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

# A process that wasn't seen for so long is silent; for so long, it counts as ended.
SEEN_S: Final = 15.0
GONE_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class InHandNow:
    """What a thread of a process has in hand, and for how many seconds."""

    what: str
    count: int
    for_s: float


@dataclass(frozen=True, slots=True)
class ProcessNow:
    """A process of ours; one that is gone is told of as long as none has taken its place."""

    name: str
    pid: int
    host: str
    version: str
    up_s: float
    last_seen_s: float
    memory_bytes: int
    metrics_at: str | None
    takes: tuple[str, ...]
    doing: tuple[InHandNow, ...]
    obeys: tuple[str, ...] = ()

    @property
    def is_silent(self) -> bool:
        """Whether it missed a few beats: it was killed, or hangs."""
        return self.last_seen_s >= SEEN_S

    @property
    def is_gone(self) -> bool:
        """Whether it counts as ended, and has nothing in hand any more."""
        return self.last_seen_s >= GONE_S


def told_of(processes: Sequence[ProcessNow]) -> tuple[ProcessNow, ...]:
    """Give those that aren't gone, and those that are and whose place none has taken."""
    kinds = defaultdict(list)
    for each in processes:
        kinds[each.name].append(each)
    missed = [each for kind in kinds.values() for each in _missed(kind)]
    return tuple(each for each in processes if not each.is_gone or each in missed)


def _missed(kind: Sequence[ProcessNow]) -> Iterator[ProcessNow]:
    """Give those that fell silent, but one for each of their kind that has begun since."""
    taken = 0
    for each in sorted(kind, key=lambda process: process.last_seen_s):
        if not each.is_silent:
            continue
        begun = sum(other.up_s < each.last_seen_s for other in kind)
        if begun > taken:
            taken += 1
        else:
            yield each
