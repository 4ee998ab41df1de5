"""What `momento status` tells people of the scheduler."""

from collections.abc import Iterator
from typing import Any, Final

from domain.leading import Leader
from domain.schedules import Scheduled
from workers.commands.asking import duration

# What is due is found by the scheduler's clock, everything else goes by the database's.
CLOCKS_DIFFER_S: Final = 5.0


def drifted(scheduler: dict[str, Any]) -> list[str]:
    """Name the schedules whose newest look found figures that aren't what their rows say."""
    jobs: list[Scheduled] = scheduler["jobs"]
    return [job.name for job in jobs if job.is_drifted]


def told(scheduler: dict[str, Any]) -> str:
    """Say who leads, and how much is scheduled."""
    leader: Leader | None = scheduler["leader"]
    jobs: list[Scheduled] = scheduler["jobs"]
    paused = sum(job.paused_until is not None for job in jobs)
    leads = f"{leader.pid} on {leader.host} leads" if leader else "none"
    return f"{leads}; {len(jobs)} scheduled" + (f", {paused} paused" if paused else "")


def findings_of(scheduler: dict[str, Any]) -> Iterator[str]:
    """Say what is wrong with it."""
    leader: Leader | None = scheduler["leader"]
    jobs: list[Scheduled] = scheduler["jobs"]
    if drifted(scheduler):
        yield "figures have drifted: see momento reconcile"
    if failed := [job.name for job in jobs if job.last_result == "failed"]:
        yield f"failed at last: {', '.join(failed)}: see momento schedule list"
    if jobs and leader is None:
        yield "no scheduler leads: start momento up"
    if leader and abs(leader.clock_ahead_s) > CLOCKS_DIFFER_S:
        apart = duration(abs(leader.clock_ahead_s))
        way = "ahead of" if leader.clock_ahead_s > 0 else "behind"
        yield f"the scheduler's clock is {apart} {way} the database's"
