"""The latest snapshot for all who look, and how old it is: one cheap query a second at most."""

import asyncio
import math
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from typing import Final

import psycopg
from prometheus_client.core import GaugeMetricFamily, Metric
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session

from domain.figures.gauges import AGE, PART_FAILED, SILENT, SOURCES, gauges
from domain.figures.latest import Latest
from domain.figures.store import Kept, latest_snapshot
from workers.exposition import PREFIX

__all__ = ["LIFE_S", "Latest", "SnapshotGauges", "Snapshots"]

# Many viewers cost as much as one.
LIFE_S: Final = 1.0
AGE_SENTENCE: Final = "How long ago the collector has last written down how everything stands."
PART_SENTENCE: Final = "Whether a part of the snapshot could not be read."


class Snapshots:
    """Reads the newest snapshot again when it is asked for and too old."""

    def __init__(
        self,
        read: Callable[[], Awaitable[Kept | None]],
        *,
        clock: Callable[[], float],
        away: type[Exception],
    ) -> None:
        """Nothing was read yet; `clock` gives seconds that never go back.

        `read` raises `away` when the database can't be asked.
        """
        self._read = read
        self._away = away
        self._clock = clock
        self._one_at_a_time = asyncio.Lock()
        self._held = Latest(None, 0.0, is_away=True)
        self._read_at = self._tried_at = -math.inf

    async def latest(self) -> Latest:
        """Give it; with the database away what was known last, ever older."""
        async with self._one_at_a_time:
            now = self._clock()
            if now - self._tried_at >= LIFE_S:
                await self._try()
                # Those who waited meanwhile don't ask a silent database again one by one.
                self._tried_at = self._clock()
            if not self._held.is_away or self._held.snapshot is None:
                return self._held
            return replace(self._held, age_s=self._held.age_s + now - self._read_at)

    async def _try(self) -> None:
        began = self._clock()
        try:
            self._held, self._read_at = _latest(await self._read()), began
        except self._away:
            self._held = replace(self._held, is_away=True)


def _latest(kept: Kept | None) -> Latest:
    return Latest(None, 0.0) if kept is None else Latest(kept.snapshot, kept.age_s)


class SnapshotGauges:
    """The numbers of the newest snapshot for Prometheus; too old, its age alone."""

    def __init__(self, engine: Engine) -> None:
        """Connect when first asked."""
        self._engine = engine
        self._age_s: float | None = None
        self._at = time.monotonic()

    def __call__(self) -> Iterator[Metric]:
        """Read the newest snapshot and give its numbers."""
        latest = self._look()
        if self._age_s is None:
            return
        age_s = self._age_s + (time.monotonic() - self._at)
        yield _family(AGE, AGE_SENTENCE, values=[(age_s, {})])
        if latest is None or latest.snapshot is None or age_s > SILENT.total_seconds():
            return
        found: dict[str, list[tuple[float, dict[str, str]]]] = {}
        for gauge in gauges(latest.snapshot):
            found.setdefault(gauge.name, []).append((gauge.value, dict(gauge.labels)))
        parts = found.pop(PART_FAILED)
        yield _family(PART_FAILED, PART_SENTENCE, labels=("part",), values=parts)
        for source in SOURCES:
            if source.name in found:
                values = found[source.name]
                yield _family(source.name, source.sentence, labels=source.labels, values=values)

    def _look(self) -> Kept | None:
        try:
            with Session(self._engine) as session:
                latest = latest_snapshot(session)
        except (SQLAlchemyError, psycopg.Error):
            return None
        if latest is not None:
            self._age_s, self._at = latest.age_s, time.monotonic()
        return latest


def _family(
    name: str,
    sentence: str,
    *,
    values: list[tuple[float, dict[str, str]]],
    labels: tuple[str, ...] = (),
) -> Metric:
    family = GaugeMetricFamily(PREFIX + name, sentence, labels=labels)
    for value, named in values:
        family.add_metric([named[label] for label in labels], value)
    return family
