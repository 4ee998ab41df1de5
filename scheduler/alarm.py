"""The daily look whether figures are what their rows say: an alarm, and nothing mended silently."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy import Engine

from domain.reconcile import Finding, reconcile, unsettled
from domain.reconcile.check import KEYS_SHOWN
from workers.chores.chore import transaction
from workers.log import logger

# What is on its way through may look like drift, because figures follow their rows. What is still
# there after a while, in the same row, is drift.
LOOKS: Final = 3
BETWEEN: Final = timedelta(seconds=20)
_LOG: Final = logger("reconcile")


class DriftError(Exception):
    """Figures aren't what their rows say: how many in which check."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__("figures have drifted")
        self.checks = {finding.name: finding.drifted for finding in findings}
        self.count = sum(self.checks.values())


class StoppedError(Exception):
    """The scheduler was asked to stop, or lost the lead, while it looked."""


def reconcile_figures(engine: Engine, *, wait: Callable[[timedelta], bool]) -> int:
    """Run all checks and give how many rows they looked at.

    Raises DriftError, after an `error` line in the log that names the checks, and StoppedError when
    `wait` says that it is time to stop.
    """
    look = _look(engine, wait=wait)
    drifted = look.drifted
    for _ in range(LOOKS - 1):
        if not drifted or not look.waiting:
            break
        if not wait(BETWEEN):
            raise StoppedError
        look = _look(engine, wait=wait)
        drifted = [each for each in look.drifted if any(_is_same(each, one) for one in drifted)]
    if drifted:
        error = DriftError(drifted)
        _LOG.error("reconcile.drifted", rows=error.count, checks=error.checks)
        raise error
    return look.looked_at


@dataclass(frozen=True, slots=True)
class _Look:
    """How many rows there were, what drifted, and how much was on its way meanwhile."""

    looked_at: int
    drifted: list[Finding]
    waiting: int


def _look(engine: Engine, *, wait: Callable[[timedelta], bool]) -> _Look:
    findings = []
    with transaction(engine) as session:
        for finding in reconcile(session):
            findings.append(finding)
            if not wait(timedelta()):
                raise StoppedError
        waiting = unsettled(session)
    looked_at = sum(finding.looked_at for finding in findings)
    return _Look(looked_at, [each for each in findings if each.drifted], waiting)


def _is_same(one: Finding, other: Finding) -> bool:
    """Say whether two findings may be of the same row; of many only the first are named."""
    are_many = min(one.drifted, other.drifted) > KEYS_SHOWN
    return one.name == other.name and (are_many or not {*one.keys}.isdisjoint(other.keys))
