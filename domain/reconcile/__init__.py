"""Recomputes every derived figure from its rows, by a second formulation of the rules.

Nothing here uses the code of handlers and rules, and nothing there may use this.
"""

from collections.abc import Iterator

from sqlmodel import Session

from domain.reconcile import (
    attendance,
    boards,
    connections,
    duos,
    gatherings,
    invitations,
    kudos,
    matching,
    messaging,
    payments,
    people,
    privacy,
    profiles,
    ratings,
    safety,
    support,
)
from domain.reconcile.check import Check, Finding, one_snapshot, run, unsettled

CHECKS: tuple[Check, ...] = (
    *people.CHECKS,
    *privacy.CHECKS,
    *profiles.CHECKS,
    *gatherings.CHECKS,
    *invitations.CHECKS,
    *payments.CHECKS,
    *attendance.CHECKS,
    *kudos.CHECKS,
    *ratings.CHECKS,
    *connections.CHECKS,
    *matching.CHECKS,
    *duos.CHECKS,
    *safety.CHECKS,
    *support.CHECKS,
    *messaging.CHECKS,
    *boards.CHECKS,
)

__all__ = ["CHECKS", "Check", "Finding", "reconcile", "unsettled"]


def reconcile(session: Session) -> Iterator[Finding]:
    """Run all checks, one after the other, over one snapshot.

    The session's transaction must not have begun to read; it can't write afterwards.
    """
    one_snapshot(session)
    for check in CHECKS:
        yield run(session, check)
