"""What a person should know first of a snapshot, why, what it isn't, and what to do. Pure.

The worst alarm that no other explains comes first. What nobody knows is never called well.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from domain.figures.gauges import part_of
from domain.figures.latest import Latest
from domain.figures.snapshot import PARTS, AlertNow, Count, Deploy, How, Part, Snapshot
from domain.figures.threshold import Level, Threshold, Unit
from domain.figures.thresholds import BY_NAME, COLLECTOR_SILENT, SILENT_FOR_LONG_S
from domain.figures.words import count, duration, listed

RUNBOOK: Final = "docs/runbook.md"
# What began so soon after a deploy may come of it.
SOON_AFTER: Final = timedelta(minutes=15)


class Mood(StrEnum):
    """How much of an alarm it is. `unknown` is never taken for well."""

    QUIET = "quiet"
    BUSY = "busy"
    WARN = "warn"
    PAGE = "page"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Alarm:
    """One alarm in words: `because` are those that explain it, the nearest first.

    `not_because`: what would explain it too and isn't it. `also_of`: of how many more it is so.
    `after`: the deploy soon after which it began, which need not be why.
    """

    name: str
    mood: Mood
    statement: str
    hint: str
    since: datetime | None
    after: str = ""
    because: tuple[str, ...] = ()
    not_because: tuple[str, ...] = ()
    also_of: int = 0

    @property
    def runbook(self) -> str:
        """Where the runbook says more."""
        return f"{RUNBOOK}#{self.name.lower()}"


@dataclass(frozen=True, slots=True)
class Judgement:
    """What to know first, the other alarms, what is about to become one, and what isn't known."""

    mood: Mood
    statement: str
    hint: str
    first: Alarm | None = None
    others: tuple[Alarm, ...] = ()
    soon: tuple[Alarm, ...] = ()
    unknown: tuple[str, ...] = ()


def judge_snapshot(latest: Latest) -> Judgement:
    """Say how everything stands."""
    if latest.snapshot is None or latest.is_silent or latest.is_away:
        return _silent(latest)
    snapshot = latest.snapshot
    ringing = [alert for alert in snapshot.alerts if alert.ringing and alert.name in BY_NAME]
    pending = [alert for alert in snapshot.alerts if not alert.ringing and alert.name in BY_NAME]
    alarms, soon = _sorted(_alarms(ringing, snapshot)), tuple(_alarms(pending, snapshot))
    asked = (name for name in PARTS if name not in snapshot.unheard)
    unknown = tuple(name for name in asked if not _part(snapshot, name).is_known)
    if alarms:
        first, others = alarms[0], tuple(alarms[1:])
        statement = _sentence(first.statement)
        # What explains another may be less of an alarm than what it leads to.
        mood = Mood.PAGE if any(each.mood is Mood.PAGE for each in alarms) else first.mood
        return Judgement(mood, statement, first.hint, first, others, soon, unknown)
    if unknown:
        statement = f"Unknown: {listed(list(unknown))} can't be read"
        hint = "What was known last is shown with its age."
        return Judgement(Mood.UNKNOWN, statement, hint, soon=soon, unknown=unknown)
    return _calm(snapshot, soon)


def _silent(latest: Latest) -> Judgement:
    """Nobody knows how things stand now."""
    long = latest.snapshot is None or latest.age_s > SILENT_FOR_LONG_S
    if latest.is_away:
        statement = "Unknown: the database can't be reached"
        hint = "Nothing is lost; processes go on by themselves once it answers."
    elif latest.snapshot is None:
        statement = "Unknown: nobody has written down yet how things stand"
        hint = "A dashboard does within seconds; see its log for collector.failed."
    else:
        statement = f"Unknown: the collector has been silent for {duration(latest.age_s)}"
        hint = "See the dashboards' logs for collector.failed."
    mood = Mood.PAGE if long else Mood.WARN
    alarm = Alarm(COLLECTOR_SILENT, mood, statement, hint, since=None)
    return Judgement(Mood.UNKNOWN, statement, hint, alarm, unknown=PARTS)


def _alarms(alerts: Sequence[AlertNow], snapshot: Snapshot) -> Iterator[Alarm]:
    """Put alerts into words; those of one name that have the same causes together, by the worst."""
    explained: dict[tuple[str, ...], list[tuple[AlertNow, list[AlertNow]]]] = {}
    for alert in alerts:
        causes = _causes(alert, alerts)
        key = (alert.name, *(each.name for each in causes))
        explained.setdefault(key, []).append((alert, causes))
    for listed_alerts in explained.values():
        worst, causes = max(
            listed_alerts, key=lambda each: (each[0].level == Level.PAGE, abs(each[0].value))
        )
        threshold = BY_NAME[worst.name]
        found = {each.name for each in causes}
        since = min(alert.since for alert, _ in listed_alerts)
        yield Alarm(
            name=worst.name,
            mood=Mood(worst.level),
            statement=_statement(threshold, worst),
            hint=BY_NAME[causes[0].name].hint if causes else threshold.hint,
            since=since,
            after=_after(since, snapshot.deploys.value or ()),
            because=tuple(_statement(BY_NAME[each.name], each) for each in causes),
            not_because=tuple(_fine(threshold, found=found, snapshot=snapshot)),
            also_of=len(listed_alerts) - 1,
        )


def _after(since: datetime, deploys: Sequence[Deploy]) -> str:
    """Say which version had begun to run shortly before; empty if none had."""
    before = [each for each in deploys if timedelta() <= since - each.at <= SOON_AFTER]
    if not before:
        return ""
    last = max(before, key=lambda each: each.at)
    return (
        f"{duration((since - last.at).total_seconds())} after version {last.version} was deployed"
    )


def _causes(alert: AlertNow, alerts: Sequence[AlertNow]) -> list[AlertNow]:
    """Give what explains an alert, one of each name: of the same lane, where both are of one."""
    found = {
        each.name: each
        for each in reversed(alerts)
        if all(alert.labels.get(label, value) == value for label, value in each.labels.items())
    }
    return [found[name] for name in BY_NAME[alert.name].causes if name in found]


def _fine(threshold: Threshold, *, found: Collection[str], snapshot: Snapshot) -> Iterator[str]:
    """Say what would explain an alarm and doesn't, as far as that is known."""
    for name in threshold.causes:
        cause = BY_NAME[name]
        part = part_of(cause.gauge)
        is_known = part is None or _part(snapshot, part).is_known
        if name not in found and cause.fine and is_known:
            yield cause.fine


def _sorted(alarms: Iterator[Alarm]) -> list[Alarm]:
    """Sort alarms: those that no other explains first, the worst of these first of all."""
    order = list(BY_NAME)
    return sorted(
        alarms,
        key=lambda each: (bool(each.because), each.mood is not Mood.PAGE, order.index(each.name)),
    )


def _statement(threshold: Threshold, alert: AlertNow) -> str:
    return threshold.statement.format(value=shown(alert.value, threshold.unit), **alert.labels)


def shown(value: float, unit: Unit) -> str:
    """Write a number as people say it."""
    match unit:
        case Unit.SECONDS:
            return duration(value)
        case Unit.PART:
            return f"{value:.0%}"
        case Unit.BYTES:
            return f"{value / 1e6:,.0f} MB"
        case Unit.COUNT:
            return f"{value:,.0f}"


def _calm(snapshot: Snapshot, soon: tuple[Alarm, ...]) -> Judgement:
    """Nobody is needed."""
    waiting = list(_waiting(snapshot))
    if waiting:
        return Judgement(Mood.BUSY, f"At work: {listed(waiting)}", "Nothing is late.", soon=soon)
    deferred = (snapshot.deliveries.value or {}).get("deferred", Count(0))
    hint = "Nothing waits."
    if deferred.number:
        more = "at least " if deferred.how is How.LEAST else ""
        waits = count(deferred.number, "delivery waits", "deliveries wait")
        hint = f"{_sentence(more + waits)} for something still to come."
    return Judgement(Mood.QUIET, "All quiet", hint, soon=soon)


def _waiting(snapshot: Snapshot) -> Iterator[str]:
    """Say what is to be done just now."""
    if (outbox := snapshot.outbox.value) and outbox.waiting.number:
        yield count(outbox.waiting.number, "domain event", "domain events") + " to route"
    due = sum(lane.queued.number for lane in snapshot.lanes.value or ())
    if strangers := snapshot.strangers.value:
        due += strangers.waiting.number
    if due:
        yield count(due, "delivery", "deliveries") + " to apply"


def _part(snapshot: Snapshot, name: str) -> Part[object]:
    part: Part[object] = getattr(snapshot, name)
    return part


def _sentence(statement: str) -> str:
    return statement[0].upper() + statement[1:]
