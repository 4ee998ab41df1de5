"""What stands first where the worst comes first: lanes, schedules, processes. Pure."""

from dataclasses import dataclass
from typing import Final

from domain.deaths import KILLED
from domain.figures.crew import ProcessNow
from domain.figures.gauges import FEW
from domain.figures.snapshot import Failing, Lane, ScheduleNow, Snapshot
from domain.figures.thresholds import BY_NAME, LATE_S
from domain.fingerprint import KILLED as KILLED_KIND

_LATE: Final = BY_NAME["LaneLate"]
_FAILING: Final = BY_NAME["LaneFailing"]
_STUCK: Final = BY_NAME["StuckInHand"]
_MEMORY: Final = BY_NAME["MuchMemory"]
TONES: Final = {None: "plain", "warn": "late", "page": "bad"}


@dataclass(frozen=True, slots=True)
class LaneRow:
    """A lane as it is listed: with how many workers take it, and how it fares."""

    lane: Lane
    takers: int | None
    tries: int
    failed_part: float | None
    tone: str
    words: str


@dataclass(frozen=True, slots=True)
class ProcessRow:
    """A process as it is listed, and what is wrong with it, if anything."""

    process: ProcessNow
    tone: str
    words: str


def rank_lanes(snapshot: Snapshot) -> list[LaneRow]:
    """List lanes, the worst first: by how late, then by how much fails, then by how much waits."""
    rows = [_lane_row(lane, snapshot) for lane in snapshot.lanes.value or ()]
    return sorted(
        rows,
        key=lambda row: (
            -_badness(row.tone),
            -(row.lane.oldest_s or 0.0),
            -(row.failed_part or 0.0),
            -row.lane.queued.number,
        ),
    )


def _badness(tone: str) -> int:
    return list(TONES.values()).index(tone)


def _lane_row(lane: Lane, snapshot: Snapshot) -> LaneRow:
    processes = snapshot.processes.value
    takers = None if processes is None else sum(_takes(each, lane.name) for each in processes)
    tries = sum(lane.tries.values())
    failed = sum(lane.tries.get(state, 0) for state in ("failed", "dead"))
    part = failed / tries if tries >= FEW else None
    levels = [_LATE.level(lane.oldest_s or 0.0), _FAILING.level(part or 0.0)]
    words = ""
    if takers == 0:
        words, tone = "no worker takes it", TONES["page"]
    else:
        tone = max((TONES[level] for level in levels), key=_badness)
        words = "late" if levels[0] else "failing" if levels[1] else ""
    if lane.name in {each.name for each in snapshot.pauses.value or ()}:
        words = "paused"
    return LaneRow(lane, takers, tries, part, tone, words)


def _takes(process: ProcessNow, lane: str) -> bool:
    return lane in process.takes and not process.is_silent


def late_schedules(snapshot: Snapshot) -> list[ScheduleNow]:
    """List the schedules that somebody should look at: late, failed at last, drifted, paused."""
    scheduler = snapshot.scheduler.value
    return [
        each
        for each in (scheduler.schedules if scheduler else ())
        if each.late_s > LATE_S
        or each.is_drifted
        or each.paused_until
        or each.last_result == "failed"
    ]


def rank_processes(snapshot: Snapshot) -> list[ProcessRow]:
    """List processes: those that fell silent first, then those that are stuck or large."""
    rows = [_process_row(each) for each in snapshot.processes.value or ()]
    return sorted(
        rows,
        key=lambda row: (
            -_badness(row.tone),
            -row.process.last_seen_s if row.tone != "plain" else 0.0,
            row.process.name,
            row.process.host,
            row.process.pid,
        ),
    )


def _process_row(process: ProcessNow) -> ProcessRow:
    if process.is_gone:
        return ProcessRow(process, "bad", "gone without a word, not replaced")
    if process.is_silent:
        return ProcessRow(process, "bad", "silent: it has ended, or hangs")
    longest = max((hand.for_s for hand in process.doing), default=0.0)
    if level := _STUCK.level(longest):
        return ProcessRow(process, TONES[level], "has had the same thing in hand for long")
    if level := _MEMORY.level(process.memory_bytes):
        return ProcessRow(process, TONES[level], "uses much memory")
    return ProcessRow(process, "plain", "")


def error_in_ledger(failing: Failing) -> str | None:
    """By which error the ledger lists the same failures; None where that can't be told."""
    if failing.error == KILLED:
        return KILLED_KIND
    is_its_own = "…" in failing.error or failing.error.startswith("waited in vain")
    return None if is_its_own else failing.error
