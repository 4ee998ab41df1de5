"""Which gauges are beyond their thresholds, and since when. Pure."""

from collections.abc import Iterable
from datetime import datetime

from domain.figures.gauges import Gauge, gauges, part_of
from domain.figures.snapshot import AlertNow, Snapshot
from domain.figures.threshold import Threshold
from domain.figures.thresholds import BY_NAME, THRESHOLDS


def find_alerts(
    snapshot: Snapshot, before: Iterable[AlertNow], *, now: datetime
) -> tuple[AlertNow, ...]:
    """Say what is beyond its threshold; `before` is what was a moment ago, and says since when.

    What can't be read just now stays as it was: an alarm doesn't end because nobody can look.
    """
    listed = list(gauges(snapshot))
    earlier = list(before)
    since = {_key(each.name, each): each.since for each in earlier}
    found = [
        _alert(threshold, gauge, since=since.get(_key(threshold.name, gauge), now), now=now)
        for threshold in THRESHOLDS
        for gauge in listed
        if threshold.is_about(gauge) and threshold.level(gauge.value)
    ]
    return (*found, *(each for each in earlier if _is_unknown(each, snapshot)))


def _is_unknown(alert: AlertNow, snapshot: Snapshot) -> bool:
    threshold = BY_NAME.get(alert.name)
    part = part_of(threshold.gauge) if threshold else None
    return part is not None and getattr(snapshot, part).trouble is not None


def _key(name: str, of: Gauge | AlertNow) -> tuple[str, frozenset[tuple[str, str]]]:
    return name, frozenset(of.labels.items())


def _alert(threshold: Threshold, gauge: Gauge, *, since: datetime, now: datetime) -> AlertNow:
    level = threshold.level(gauge.value)
    assert level is not None
    return AlertNow(
        name=threshold.name,
        level=level.value,
        labels=dict(gauge.labels),
        value=round(gauge.value, 3),
        since=since,
        ringing=now - since >= threshold.held,
    )
