"""Rates, latencies, medians: how the numbers are taken, the same way for everybody."""

import random
import time
from collections.abc import Callable, Sequence
from statistics import median, quantiles

import psycopg

# The first tenth is left out: processes start at different moments.
WARM_UP_SHARE = 0.1
WARM_UPS = 30
POLL_S = 0.0003
GIVE_UP_S = 10.0


def rate(commit_times: Sequence[float]) -> float:
    """Rows a second from the tenth percentile of their commit times (seconds) to the last."""
    ordered = sorted(commit_times)
    first, last = ordered[int(len(ordered) * WARM_UP_SHARE)], ordered[-1]
    # Rows of one batch share their time: what came with the first isn't counted.
    return sum(1 for at in ordered if at > first) / (last - first)


def commit_times(dsn: str, query: str) -> list[float]:
    """Commit times (Unix seconds) of the transactions that a query names: SELECT xmin AS xid …"""
    timed = f"SELECT extract(epoch FROM pg_xact_commit_timestamp(xid))::float8 FROM ({query}) q"
    with psycopg.connect(dsn) as connection:
        return [at for (at,) in connection.execute(timed)]


def wait_until(done: Callable[[], bool], *, timeout_s: float, pause_s: float = 0.1) -> None:
    """Returns once `done` says so; raises TimeoutError when it never does."""
    deadline = time.monotonic() + timeout_s
    while not done():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not done after {timeout_s:.0f} s")
        time.sleep(pause_s)


def idle_latencies(
    publish: Callable[[int], None], visible: Callable[[int], bool], *, jobs: int
) -> list[float]:
    """Milliseconds from "published" to "its effect can be read", one job at a time.

    The clock starts when publishing has returned: the publisher's own work isn't counted.
    The pauses are random, lest they march in step with somebody's poll. The first WARM_UPS
    meet cold connections and plans, which isn't what idle means: left out.
    """
    chance = random.Random(1)
    taken = []
    for number in range(jobs):
        time.sleep(chance.uniform(0.020, 0.060))
        publish(number)
        published = time.perf_counter()
        while not visible(number):
            if time.perf_counter() - published > GIVE_UP_S:
                raise TimeoutError(f"job {number}: no effect after {GIVE_UP_S:.0f} s")
            time.sleep(POLL_S)
        taken.append((time.perf_counter() - published) * 1_000)
    return taken[WARM_UPS:]


def p50(values: Sequence[float]) -> float:
    """The median."""
    return median(values)


def p95(values: Sequence[float]) -> float:
    """The 95th percentile."""
    return quantiles(values, n=20, method="inclusive")[18]


def p99(values: Sequence[float]) -> float:
    """The 99th percentile."""
    return quantiles(values, n=100, method="inclusive")[98]
