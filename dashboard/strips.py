"""The last runs of a schedule as a strip of bars: one path for each tone, since there are many."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from domain.ops.scheduling import SHOWN, Tick
from domain.tables.schedules import RunResult

# The tone of a bar by how it went; the words stand beside the strip.
TONES: Final = {
    RunResult.DONE.value: "quiet",
    RunResult.FAILED.value: "bad",
    RunResult.DRIFT.value: "bad",
    RunResult.INTERRUPTED.value: "late",
    "running": "busy",
}
WELL: Final = frozenset({RunResult.DONE.value, "running"})
STEP, WIDTH, HEIGHT, LEAST = 4, 3, 20, 4


@dataclass(frozen=True, slots=True)
class Strip:
    """Paths by tone, and what they show in words."""

    paths: Sequence[tuple[str, str]]
    words: str


def strip_of(ticks: Sequence[Tick]) -> Strip:
    """Draw runs, the newest at the right; what didn't go well is as tall as can be."""
    longest = max((tick.took_ms or 0.0 for tick in ticks), default=0.0)
    paths: dict[str, str] = {}
    for place, tick in enumerate(ticks, SHOWN - len(ticks)):
        height = HEIGHT if tick.word not in WELL else _height(tick.took_ms or 0.0, longest)
        tone = TONES.get(tick.word, "plain")
        bar = f"M{place * STEP} {HEIGHT}v-{height}h{WIDTH}v{height}z"
        paths[tone] = paths.get(tone, "") + bar
    bad = [tick for tick in ticks if tick.word not in WELL]
    runs = f"{len(ticks)} {'run' if len(ticks) == 1 else 'runs'}, {len(bad)} of them not done"
    words = f"{runs}, the newest of these {bad[-1].word}" if bad else runs
    return Strip(list(paths.items()), words)


def _height(took_ms: float, longest: float) -> int:
    return max(LEAST, round((HEIGHT - LEAST) * took_ms / longest)) if longest else LEAST
