"""Viewers of the dashboard: each on a connection that stays, asking one thing after another."""

import asyncio
import random
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

# As a page renews itself by default.
EVERY_S = 5.0
Taken = dict[str, list[float]]


@dataclass
class Viewer:
    """Somebody who is signed in, with one connection, as a browser has to ask on."""

    port: int
    token: str
    etags: dict[str, str] = field(default_factory=dict)
    nudges: int = 0

    async def open(self) -> None:
        """Connect."""
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self.port)

    async def ask(self, path: str, *, renews: bool = False) -> float:
        """Milliseconds until the whole page, or its live part if it has changed, is there."""
        headers = {"HX-Request": "true"} if renews else {}
        if renews and path in self.etags:
            headers["If-None-Match"] = self.etags[path]
        started = time.perf_counter()
        self._writer.write(self._request(path, headers))
        status, said = await self._head()
        if status != 304:
            await self._reader.readexactly(int(said["content-length"]))
        if status not in (200, 303, 304):
            raise SystemExit(f"{path}: {status}")
        self.etags[path] = said.get("etag", "")
        return (time.perf_counter() - started) * 1e3

    async def listen(self) -> None:
        """Hold a stream of nudges open until this is cancelled, and count them."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(self._request("/live", {"Accept": "text/event-stream"}))
        while line := await reader.readline():
            self.nudges += line.startswith(b"event: nudge")

    def _request(self, path: str, headers: dict[str, str]) -> bytes:
        said = {"Host": "127.0.0.1", "Cookie": f"momento-session={self.token}", **headers}
        lines = (f"{name}: {value}" for name, value in said.items())
        return "\r\n".join([f"GET {path} HTTP/1.1", *lines, "\r\n"]).encode()

    async def _head(self) -> tuple[int, dict[str, str]]:
        head = (await self._reader.readuntil(b"\r\n\r\n")).decode()
        first, *lines = head.splitlines()
        pairs = (line.partition(": ") for line in lines if line)
        return int(first.split()[1]), {name.lower(): value for name, _, value in pairs}


async def look(viewer: Viewer, path: str, *, until: float, taken: list[float]) -> None:
    """Stay on one page, which renews itself, each time at its own moment."""
    await asyncio.sleep(random.uniform(0, EVERY_S))
    while time.monotonic() < until:
        began = time.monotonic()
        taken.append(await viewer.ask(path, renews=True))
        await asyncio.sleep(max(0.0, EVERY_S - (time.monotonic() - began)))


async def walk(viewer: Viewer, places: dict[str, str], *, rounds: int, apart_s: float) -> Taken:
    """Ask for each page in turn, so many times; a round takes so long that all is read anew."""
    taken: Taken = defaultdict(list)
    for _ in range(rounds):
        began = time.monotonic()
        for name, path in places.items():
            taken[name].append(await viewer.ask(path))
        await asyncio.sleep(max(0.0, apart_s - (time.monotonic() - began)))
    return taken


async def press(viewers: Sequence[Viewer], paths: Sequence[str], *, for_s: float) -> list[float]:
    """All ask without a pause, each starting with a page of their own."""
    until, taken = time.monotonic() + for_s, list[float]()

    async def go(place: int) -> None:
        at = place
        while time.monotonic() < until:
            taken.append(await viewers[place].ask(paths[at % len(paths)], renews=True))
            at += 1

    await asyncio.gather(*(go(place) for place in range(len(viewers))))
    return taken
