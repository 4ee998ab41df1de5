"""What was read a moment ago is read once for all who ask, and anew when somebody changed it."""

import asyncio

from dashboard.recent import Recent


def test_many_ask_and_it_is_read_once_until_it_is_old_or_changed() -> None:
    now, reads = [0.0], list[str]()
    recent = Recent(lambda: now[0])

    async def read() -> int:
        reads.append("read")
        await asyncio.sleep(0)
        return len(reads)

    async def ask(of: str = "lane") -> int:
        return await recent.get(of, read, life_s=5.0)

    async def story() -> list[int]:
        many = await asyncio.gather(*(ask() for _ in range(50)))
        other = await ask("schedules")
        now[0] = 4.9
        still = await ask()
        now[0] = 5.0
        anew = await ask()
        recent.forget("lane")
        return [*set(many), other, still, anew, await ask()]

    assert asyncio.run(story()) == [1, 2, 1, 3, 4]
