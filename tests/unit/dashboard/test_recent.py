"""What was read a moment ago is read once for all who ask, and anew when somebody changed it."""

import asyncio
from collections.abc import Coroutine

import pytest

from dashboard.recent import MOST, Recent


class Source:
    """Something that is read when it is told to be done, and counts how often."""

    def __init__(self) -> None:
        self.now = 0.0
        self.reads = 0
        self.trouble: Exception | None = None
        self.go_on = asyncio.Event()
        self.recent = Recent(lambda: self.now)

    async def read(self) -> int:
        self.reads += 1
        number = self.reads
        await self.go_on.wait()
        if self.trouble is not None:
            raise self.trouble
        return number

    def ask(self, of: str = "lane") -> Coroutine[None, None, int]:
        return self.recent.get(of, self.read, life_s=5.0)


def test_many_ask_and_it_is_read_once_until_it_is_old_or_changed() -> None:
    async def story() -> None:
        source = Source()
        many = [asyncio.create_task(source.ask()) for _ in range(50)]
        await asyncio.sleep(0)
        source.go_on.set()
        assert await asyncio.gather(*many) == [1] * 50
        assert await source.ask("schedules") == 2
        source.now = 4.9
        assert await source.ask() == 1
        source.now = 5.0
        assert await source.ask() == 3
        source.recent.forget()
        assert await source.ask() == 4

    asyncio.run(story())


def test_what_was_being_read_when_somebody_acted_isn_t_shown_to_them() -> None:
    async def story() -> None:
        source = Source()
        before = asyncio.create_task(source.ask())
        await asyncio.sleep(0)
        source.recent.forget()
        after = asyncio.create_task(source.ask())
        await asyncio.sleep(0)
        source.go_on.set()
        assert (await before, await after) == (1, 2)
        # The later one stays, whichever was done first.
        assert await source.ask() == 2

    asyncio.run(story())


def test_all_who_wait_share_the_trouble_and_the_next_one_tries_again() -> None:
    async def story() -> None:
        source = Source()
        source.trouble = ValueError("away")
        many = [asyncio.create_task(source.ask()) for _ in range(5)]
        await asyncio.sleep(0)
        source.go_on.set()
        found = await asyncio.gather(*many, return_exceptions=True)
        assert [type(each) for each in found] == [ValueError] * 5
        assert source.reads == 1
        source.trouble = None
        assert await source.ask() == 2

    asyncio.run(story())


def test_whoever_goes_away_takes_it_from_nobody() -> None:
    async def story() -> None:
        source = Source()
        first, second = (asyncio.create_task(source.ask()) for _ in range(2))
        await asyncio.sleep(0)
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        source.go_on.set()
        assert await second == 1

    asyncio.run(story())


def test_it_holds_so_many_and_no_more() -> None:
    async def story() -> None:
        source = Source()
        source.go_on.set()
        for number in range(MOST + 1):
            await source.ask(str(number))
        reads = source.reads
        await source.ask(str(MOST))
        assert source.reads == reads
        await source.ask("0")
        assert source.reads == reads + 1

    asyncio.run(story())
