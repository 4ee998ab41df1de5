"""The newest snapshot is read once a second at most, and grows old when it can't be read."""

import asyncio
from datetime import UTC, datetime

import pytest

from dashboard.snapshots import Latest, Snapshots
from domain.figures.snapshot import Snapshot
from domain.figures.store import Kept

SNAPSHOT = Snapshot(datetime(2026, 6, 1, tzinfo=UTC))


class AwayError(Exception):
    """The database can't be asked."""


class Scene:
    """A clock, and a database that may be away."""

    def __init__(self) -> None:
        self.now = 0.0
        self.reads = 0
        self.kept: Kept | None = Kept(SNAPSHOT, 2.0)
        self.is_away = False
        self.snapshots = Snapshots(self.read, clock=lambda: self.now, away=AwayError)

    async def read(self) -> Kept | None:
        self.reads += 1
        if self.is_away:
            raise AwayError
        return self.kept

    def latest(self, *, viewers: int = 1) -> Latest:
        async def all_look() -> list[Latest]:
            return await asyncio.gather(*(self.snapshots.latest() for _ in range(viewers)))

        *_, last = asyncio.run(all_look())
        return last


@pytest.fixture
def scene() -> Scene:
    return Scene()


class TestLatest:
    def test_fifty_viewers_cost_what_one_costs(self, scene: Scene) -> None:
        assert scene.latest(viewers=50) == Latest(SNAPSHOT, 2.0)
        assert scene.reads == 1
        scene.now = 1.5
        scene.latest(viewers=50)
        assert scene.reads == 2

    def test_while_the_database_is_away_it_is_what_was_known_and_grows_old(
        self, scene: Scene
    ) -> None:
        scene.latest()
        scene.is_away, scene.now = True, 10.0
        found = scene.latest()
        assert found == Latest(SNAPSHOT, 12.0, is_away=True)
        assert not found.is_silent
        scene.now = 20.0
        assert scene.latest() == Latest(SNAPSHOT, 22.0, is_away=True)
        assert scene.latest().is_silent

    def test_a_silent_database_is_asked_once_a_second_as_well(self, scene: Scene) -> None:
        scene.latest()
        scene.is_away, scene.now = True, 60.0
        scene.latest(viewers=50)
        assert scene.reads == 2

    def test_it_is_known_again_within_a_second(self, scene: Scene) -> None:
        scene.latest()
        scene.is_away, scene.now = True, 60.0
        scene.latest()
        scene.is_away, scene.now = False, 61.0
        assert scene.latest() == Latest(SNAPSHOT, 2.0)

    def test_what_was_never_known_is_silent(self, scene: Scene) -> None:
        scene.is_away = True
        assert scene.latest() == Latest(None, 0.0, is_away=True)
        assert scene.latest().is_silent
        scene.is_away, scene.kept, scene.now = False, None, 1.0
        assert scene.latest() == Latest(None, 0.0)

    def test_one_of_another_version_is_silent(self, scene: Scene) -> None:
        scene.kept = Kept(None, 1.0)
        assert scene.latest().is_silent
