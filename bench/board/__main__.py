"""The dashboard's pages, timed among millions of deliveries, with one viewer and with many.

Runs in the product's environment on an empty migrated database; `figures.py` starts it. Pages are
asked for over HTTP from a dashboard in a process of its own. Prints JSON: milliseconds by page and
number of viewers, and what was used meanwhile.
"""

import asyncio
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Coroutine
from datetime import UTC, datetime
from typing import Any

import httpx
import psutil
import psycopg
from sqlmodel import Session

from bench.board.places import places
from bench.board.rows import build, remember
from bench.board.server import COLLECTOR, PLACE
from bench.board.viewers import EVERY_S, Taken, Viewer, look, press, walk
from dashboard.sessions import open_session
from domain.tables.accounts import Role
from workers.accounts import create_account
from workers.database import make_engine

# Longer than anything that is shared is kept.
ROUND_S = 5.5
PRESSED_S = 10.0
# So long one page is looked at by one, and by all.
LOOKED_S = 3 * EVERY_S
SHARED = ("overview", "lane, an hour", "deliveries", "dead", "dead, a kind", "schedules")


class Meter:
    """What the dashboard and its connections' server processes use while something goes on."""

    def __init__(self, url: str, port: int) -> None:
        self._url, self._port = url, port

    async def during(self, work: Coroutine[Any, Any, Any]) -> tuple[Any, dict[str, float]]:
        """Do it, and give what it gives and what was used for it, a second."""
        before, began = self._read(), time.monotonic()
        found = await work
        seconds, after = time.monotonic() - began, self._read()
        used = {name: (after[name] - before[name]) / seconds for name in before}
        still = {name: after[name] for name in ("memory_mb", "files")}
        return found, {name: round(value, 4) for name, value in (used | still).items()}

    def _read(self) -> dict[str, float]:
        used: dict[str, float] = httpx.get(f"http://127.0.0.1:{self._port}{PLACE}").json()
        with psycopg.connect(self._url) as connection:
            rows = connection.execute(
                "SELECT application_name, pid FROM pg_stat_activity"
                " WHERE application_name LIKE 'momento-%'"
            ).fetchall()
        spent = {"postgres_cpu_s": 0.0, "collector_postgres_cpu_s": 0.0}
        for name, pid in rows:
            times = psutil.Process(pid).cpu_times()
            of = "collector_postgres_cpu_s" if name.endswith(COLLECTOR) else "postgres_cpu_s"
            spent[of] += times.user + times.system
        return used | spent


def sign_in(url: str, count: int) -> list[str]:
    """So many who are signed in, each for themselves; their tokens."""
    # Accounts are made by the command, which is more than the dashboard may.
    with Session(make_engine(url, process="bench", pool_size=1)) as session, session.begin():
        user_id = create_account(session, "ops", role=Role.ADMIN, password="x" * 20)
        assert user_id is not None
        return [open_session(session, user_id, datetime.now(UTC)) for _ in range(count)]


async def story(meter: Meter, viewers: list[Viewer], pages: dict[str, str], rounds: int) -> Any:
    """One walks through all pages alone, then among the others; then all press without a pause."""
    for viewer in viewers:
        await viewer.open()
    one = viewers[0]
    await walk(one, pages, rounds=2, apart_s=0.0)
    alone, used_alone = await meter.during(walk(one, pages, rounds=rounds, apart_s=ROUND_S))
    pressed_alone, _ = await meter.during(press([one], list(pages.values()), for_s=PRESSED_S))
    streams = [asyncio.create_task(viewer.listen()) for viewer in viewers]
    among, renewed, used_among = await walk_among(meter, viewers, pages=pages, rounds=rounds)
    pressed, used_pressed = await meter.during(
        press(viewers, list(pages.values()), for_s=PRESSED_S)
    )
    shared = {name: await compare(meter, viewers, pages[name]) for name in SHARED}
    nudges = sum(viewer.nudges for viewer in viewers)
    for stream in streams:
        stream.cancel()
    return {
        "pages": {name: {"one": alone[name], "among": among[name]} for name in pages},
        "renewed": renewed,
        "pressed": {"one": pressed_alone, "all": pressed},
        "used": {"one": used_alone, "among": used_among, "pressed": used_pressed},
        "shared": shared,
        "nudges": nudges,
    }


async def walk_among(
    meter: Meter, viewers: list[Viewer], *, pages: dict[str, str], rounds: int
) -> tuple[Taken, list[float], dict[str, float]]:
    """One walks on while all others look, each at a page that renews itself."""
    one, *others = viewers
    paths, renewed = list(pages.values()), list[float]()
    until = time.monotonic() + rounds * ROUND_S
    looking = [
        asyncio.create_task(look(each, paths[n % len(paths)], until=until, taken=renewed))
        for n, each in enumerate(others)
    ]
    taken, used = await meter.during(walk(one, pages, rounds=rounds, apart_s=ROUND_S))
    await asyncio.gather(*looking)
    return taken, renewed, used


async def compare(meter: Meter, viewers: list[Viewer], path: str) -> dict[str, Any]:
    """What one page costs that one looks at, and that all look at."""

    async def all_look(some: list[Viewer]) -> list[float]:
        taken: list[float] = []
        until = time.monotonic() + LOOKED_S
        await asyncio.gather(*(look(each, path, until=until, taken=taken) for each in some))
        return taken

    one, used_by_one = await meter.during(all_look(viewers[:1]))
    every, used_by_all = await meter.during(all_look(viewers))
    return {"one": one, "all": every, "used": {"one": used_by_one, "all": used_by_all}}


def free_port() -> int:
    """One that nobody listens on just now."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port: int = held.getsockname()[1]
        return port


def main() -> None:
    """The arguments: rounds, deliveries, how many of them are dead, viewers."""
    rounds, count, dead, many = map(int, sys.argv[1:5])
    url = os.environ["DATABASE_URL"]
    build(url, count, dead)
    tokens, port = sign_in(url, many), free_port()
    server = subprocess.Popen([sys.executable, "-m", "bench.board.server", str(port)])
    try:
        viewers = [Viewer(port, token) for token in tokens]
        wait(port)
        remember(url)
        said = asyncio.run(story(Meter(url, port), viewers, places(count), rounds))
    finally:
        server.kill()
        server.wait()
    json.dump(said, sys.stdout)


def wait(port: int) -> None:
    """Until it answers and has collected once."""
    for _ in range(150):
        try:
            if httpx.get(f"http://127.0.0.1:{port}/readyz").is_success:
                time.sleep(EVERY_S)
                return
        except httpx.TransportError:
            pass
        time.sleep(0.2)
    raise SystemExit("the dashboard doesn't answer")


if __name__ == "__main__":
    main()
