"""How much of a core a set of process trees uses."""

import time
from collections.abc import Sequence
from contextlib import suppress

import psutil


def percents_of_a_core(groups: Sequence[Sequence[int]], seconds: float) -> list[float]:
    """CPU, user and system, of each group of processes and all below them, in percent of a core."""
    before, started = [_cpu_seconds(roots) for roots in groups], time.monotonic()
    time.sleep(seconds)
    after, ended = [_cpu_seconds(roots) for roots in groups], time.monotonic()
    return [
        100 * sum(spent - then.get(process, 0.0) for process, spent in now.items())
        / (ended - started)
        for then, now in zip(before, after, strict=True)
    ]  # fmt: skip


def _cpu_seconds(roots: Sequence[int]) -> dict[tuple[int, float], float]:
    """Seconds of CPU by (pid, start): a pid alone may be somebody else's by then."""
    spent = {}
    for root in roots:
        for process in (psutil.Process(root), *psutil.Process(root).children(recursive=True)):
            with suppress(psutil.NoSuchProcess):
                times = process.cpu_times()
                spent[process.pid, process.create_time()] = times.user + times.system
    return spent
