"""A figure and its ratios, as a table for people and as JSON for programs."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Figure:
    """One measured figure: ours, the peers', and what hand-written code reaches."""

    figure: str
    unit: str
    peers: dict[str, float] = field(default_factory=dict)
    ours: float | None = None
    limit: float | None = None
    more_is_better: bool = True

    @property
    def ratio_to_best_peer(self) -> float | None:
        """How many times better ours is than the best peer's; below 1 is worse."""
        if not self.peers:
            return None
        best = max if self.more_is_better else min
        return self._times_better(best(self.peers.values()))

    @property
    def ratio_to_limit(self) -> float | None:
        """What part of the limit ours reaches; 1 is as fast as hand-written code."""
        return None if self.limit is None else self._times_better(self.limit)

    def _times_better(self, other: float) -> float | None:
        if not self.ours or not other:
            return None
        return self.ours / other if self.more_is_better else other / self.ours

    def as_json(self) -> dict[str, object]:
        """The shape that other programs read."""
        return {
            "figure": self.figure,
            "unit": self.unit,
            "ours": _rounded(self.ours),
            "peers": {name: _rounded(value) for name, value in self.peers.items()},
            "limit": _rounded(self.limit),
            "ratio_to_best_peer": _rounded(self.ratio_to_best_peer),
            "ratio_to_limit": _rounded(self.ratio_to_limit),
        }


def write_json(figures: Sequence[Figure], path: Path) -> None:
    """Replaces the results of the run before."""
    path.write_text(json.dumps([figure.as_json() for figure in figures], indent=2) + "\n")


def table(figures: Sequence[Figure]) -> str:
    """All figures, a line each; a peer a column."""
    peers = list(dict.fromkeys(name for figure in figures for name in figure.peers))
    head = ["figure", "unit", "ours", *peers, "limit", "x best peer", "of limit"]
    lines = [head, *(_cells(figure, peers) for figure in figures)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    lines.insert(1, ["-" * width for width in widths])
    return "\n".join(
        "  ".join(
            cell.ljust(width) if column < 2 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )


def _cells(figure: Figure, peers: Sequence[str]) -> list[str]:
    of_limit = figure.ratio_to_limit
    return [
        figure.figure,
        figure.unit,
        _shown(figure.ours),
        *(_shown(figure.peers.get(name)) for name in peers),
        _shown(figure.limit),
        _shown(figure.ratio_to_best_peer),
        "" if of_limit is None else f"{of_limit:.0%}",
    ]


def _rounded(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.4g}")


def _shown(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
