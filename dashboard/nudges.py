"""One question a second for all who look: has anything changed? Those who wait are nudged.

A nudge holds nothing but a number. The page then asks for its live part, as it does every few
seconds anyway; so a nudge that is lost costs seconds. While nobody looks, nothing is asked.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from typing import Final

from sqlmodel import Session

from dashboard.away import DatabaseAwayError
from domain.sql import fetch

LOOK_EVERY_S: Final = 1.0
# A proxy closes what is silent for longer.
KEEP_ALIVE_S: Final = 15.0
# Then the browser asks anew, and proves again that it is signed in.
LIFE_S: Final = 300.0
RETRY_MS: Final = 5_000
# The mark while the database doesn't answer.
AWAY: Final = -1

# Postgres counts what was written: one small read, however much there is.
_WRITTEN: Final = """
SELECT coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0)::bigint FROM pg_stat_user_tables
WHERE relname IN ('deliveries', 'outbox', 'notifications', 'handovers', 'workers', 'audit_log',
    'bulk_operations', 'bulk_items', 'schedules', 'pauses', 'discards', 'api_keys',
    'dashboard_users', 'snapshots')
"""


def read_mark(session: Session) -> int:
    """A number that is another one once something that pages show was written."""
    ((written,),) = fetch(session, _WRITTEN)
    return int(written)


class Nudges:
    """Tells all who wait when the mark has changed. Used from one event loop."""

    def __init__(self, read: Callable[[], Awaitable[int]]) -> None:
        """Nobody waits yet."""
        self._read = read
        self._mark = 0
        self._changed = asyncio.Condition()
        self._waiting = 0
        self._looking: asyncio.Task[None] | None = None

    async def stream(self) -> AsyncIterator[str]:
        """Give server-sent events: how soon to come back, then a nudge for each change."""
        self._waiting += 1
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look())
        try:
            yield f"retry: {RETRY_MS}\n\n"
            async for line in self._lines():
                yield line
        finally:
            self._waiting -= 1

    async def _lines(self) -> AsyncIterator[str]:
        loop = asyncio.get_running_loop()
        end, seen = loop.time() + LIFE_S, self._mark
        while loop.time() < end:
            with suppress(TimeoutError):
                async with asyncio.timeout(KEEP_ALIVE_S), self._changed:
                    while self._mark == seen:
                        await self._changed.wait()
            # What changes while this line is being sent is another nudge.
            before, seen = seen, self._mark
            yield f"event: nudge\ndata: {seen}\n\n" if seen != before else ": \n\n"

    async def _look(self) -> None:
        while self._waiting:
            mark = await self._read_or_away()
            if mark != self._mark:
                async with self._changed:
                    self._mark = mark
                    self._changed.notify_all()
            await asyncio.sleep(LOOK_EVERY_S)

    async def _read_or_away(self) -> int:
        try:
            return await self._read()
        except DatabaseAwayError:
            # That it went away, and that it is back, is something to show as well.
            return AWAY
