"""`momento status`: whether anything waits, is late or is dead, and who is at work."""

import argparse
from collections.abc import Iterator
from typing import Any

from sqlmodel import Session

from domain.chore_queries import chore_numbers
from domain.constants import REFUND_PATIENCE
from domain.figures import thresholds
from domain.figures.judgement import judge_snapshot
from domain.figures.latest import Latest
from domain.figures.reading_system import inbox_numbers, senders_seen
from domain.figures.store import latest_snapshot, snapshot_numbers
from domain.figures.words import listed
from domain.leading import leader
from domain.ledger_queries import (
    delivery_counts,
    lane_numbers,
    outbox_numbers,
    outside_months,
    workers_seen,
)
from domain.notifications.log import notification_counts, waiting_numbers
from domain.payments.refund_log import BAD, refund_numbers
from domain.schedules import schedules
from workers.clock import utc_now
from workers.commands.arguments import add_json
from workers.commands.asking import aligned, as_json, duration, one_transaction
from workers.commands.scheduled import drifted, findings_of, told
from workers.settings import Settings

NAME = "status"
HELP = "Say how much waits, what is dead, and who is at work; exits with 1 on drift"

# Work that is due and older than this has nobody who does it. So has an outbox row.
LATE_S = thresholds.LATE_S
# Longer than a channel's pace keeps anybody waiting on a usual day.
UNTOLD_S = 300.0
# A worker says every 5 s that it lives.
GONE_AFTER_S = 15.0


def configure(parser: argparse.ArgumentParser) -> None:
    """Only how to answer."""
    add_json(parser)


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Print where the system stands."""
    with one_transaction(settings) as session:
        now = utc_now()
        numbers: dict[str, Any] = {
            "outbox": outbox_numbers(session, now),
            "deliveries": delivery_counts(session),
            "outside_months": outside_months(session),
            "lanes": lane_numbers(session, now),
            "chores": chore_numbers(session, now),
            "notifications": notification_counts(session),
            "telling": waiting_numbers(session, now),
            "refunds": refund_numbers(session, now),
            "workers": workers_seen(session, now),
            "senders": senders_seen(session, now),
            "inbox": inbox_numbers(session, now),
            "snapshot": snapshot_numbers(session),
            "scheduler": {"leader": leader(session), "jobs": schedules(session, now)},
            "overview": _overview(session),
        }
    print(as_json(numbers) if arguments.json else _for_people(numbers))
    return 1 if drifted(numbers["scheduler"]) else 0


def _for_people(numbers: dict[str, Any]) -> str:
    outbox, counts = numbers["outbox"], numbers["deliveries"]
    stands = _counted(counts) or "none"
    at_work = [worker for worker in numbers["workers"] if worker["last_seen_s"] < GONE_AFTER_S]
    rows = [
        ("overview", _said(numbers["overview"])),
        ("outbox", f"{outbox['unrelayed']} to route{_oldest(outbox)}"),
        ("deliveries", stands),
        *(
            (f"lane {each['name']}", f"{each['queued']} due{_oldest(each)}")
            for each in _lanes(numbers)
        ),
        ("told", _told(numbers)),
        ("refunds", _refunds(numbers["refunds"])),
        ("chores", _chores(numbers["chores"])),
        ("workers", _named(at_work)),
        ("senders", _named(numbers["senders"])),
        ("inbox", f"{numbers['inbox']['held']} held, {numbers['inbox']['waiting']} waiting"),
        ("snapshot", _snapshot(numbers["snapshot"])),
        ("scheduler", told(numbers["scheduler"])),
    ]
    return f"{_verdict(numbers, len(at_work))}\n{aligned(rows, indent='  ')}"


def _overview(session: Session) -> dict[str, Any]:
    """What the dashboard's first page says, in its words; without a collector that nobody knows."""
    kept = latest_snapshot(session)
    found = judge_snapshot(Latest(kept.snapshot, kept.age_s) if kept else Latest(None, 0.0))
    first = found.first
    return {
        "mood": found.mood,
        "words": found.statement,
        "because": list(first.because) if first else [],
        "next_step": found.hint,
        "others": [each.statement for each in found.others],
        "unknown": list(found.unknown),
    }


def _said(overview: dict[str, Any]) -> str:
    because = f", because {listed(overview['because'])}" if overview["because"] else ""
    return f"{overview['words']}{because}. {overview['next_step']}"


def _named(processes: list[dict[str, Any]]) -> str:
    return ", ".join(f"{each['pid']} on {each['host']}" for each in processes) or "none"


def _snapshot(snapshot: dict[str, Any]) -> str:
    age_s = snapshot["age_s"]
    return "none: no dashboard has run" if age_s is None else f"{duration(age_s)} old"


def _told(numbers: dict[str, Any]) -> str:
    waiting = numbers["telling"]
    due = f"; {waiting['due']} due{_oldest(waiting)}" if waiting["due"] else ""
    return f"{_counted(numbers['notifications']) or 'nobody yet'}{due}"


def _refunds(numbers: dict[str, Any]) -> str:
    counts = {state: count for state, count in numbers.items() if state != "oldest_s"}
    return f"{_counted(counts) or 'none to be made'}{_oldest(numbers)}"


def _refunds_to_see(numbers: dict[str, Any]) -> Iterator[str]:
    """Say what somebody has to look at: money that doesn't go back."""
    if count := sum(numbers.get(state, 0) for state in BAD):
        yield f"{count} refunds came to nothing: see momento refunds list"
    if (numbers["oldest_s"] or 0) > REFUND_PATIENCE.total_seconds():
        yield "money has waited for a day to go back: see momento refunds list"


def _counted(counts: dict[str, int]) -> str:
    return ", ".join(f"{count} {state}" for state, count in counts.items() if count)


def _chores(chores: dict[str, Any]) -> str:
    says = f"{chores['to_make']} to make{_oldest(chores)}, {chores['to_sum_up']} to sum up"
    rests = [
        f"; {each['port']} at rest for {duration(each['for_s'])} ({each['reason']})"
        for each in chores["resting"]
    ]
    return says + "".join(rests)


def _lanes(numbers: dict[str, Any]) -> list[dict[str, Any]]:
    lanes: list[dict[str, Any]] = numbers["lanes"]
    return lanes


def _oldest(queue: dict[str, Any]) -> str:
    return "" if queue["oldest_s"] is None else f", the oldest for {duration(queue['oldest_s'])}"


def _verdict(numbers: dict[str, Any], at_work: int) -> str:
    """Say in one line what a person should know first."""
    counts = numbers["deliveries"]
    queues = [numbers["outbox"], *_lanes(numbers)]
    findings = [*findings_of(numbers["scheduler"])]
    if counts["dead"]:
        findings.append(f"{counts['dead']} dead: see momento dead list")
    if counts["failed"]:
        findings.append(f"{counts['failed']} failed and to be tried again")
    if strays := numbers["outside_months"]:
        findings.append(f"domain events outside all months: {strays}, see the runbook")
    findings += _refunds_to_see(numbers["refunds"])
    if resting := [f"{each['port']} ({each['reason']})" for each in numbers["chores"]["resting"]]:
        findings.append(f"at rest after trouble: {', '.join(resting)}")
    if any((queue["oldest_s"] or 0) > LATE_S for queue in queues):
        nobody = "" if at_work else ", and no worker is there: start momento up"
        findings.append(f"work is late{nobody}")
    if held := numbers["inbox"]["held"]:
        findings.append(f"{held} held in the inbox: see momento inbox list")
    if (numbers["telling"]["oldest_s"] or 0) > UNTOLD_S and not resting:
        findings.append("people wait to be told: does a sender run, and for each channel?")
    if findings:
        return "; ".join(findings)
    if numbers["outbox"]["unrelayed"] or any(each["queued"] for each in _lanes(numbers)):
        return "at work"
    return f"all quiet; {counts['deferred']} deferred" if counts["deferred"] else "all quiet"
