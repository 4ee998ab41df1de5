"""Settles duos: their status and from when until when they are open, from all that happened.

A duo's row is the lock under which it is judged, and the caller holds it. Events, attendance and
invitations need no lock here: whoever changes them says so in the same transaction, and then the
duo is judged again.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlmodel import Session

from domain.batch import DomainEvent, Effects
from domain.duos.facts import load_background, load_couples
from domain.duos.payloads import DuoCompleted
from domain.duos.rules import Pact
from domain.payload import Payload, thing
from domain.sql import fetch, update_rows

Cause = DomainEvent[Payload]


def ended(duo: str) -> str:
    """Name the end of a duo as proposals of its people are refused for want of it."""
    return thing("duo_ended", duo)


def settle(
    session: Session, causes: Mapping[str, Cause], effects: Effects
) -> dict[tuple[str, Any], str]:
    """Fold and write duos; `causes` says which domain event touched each.

    Gives notes on what had no effect, by (duo, order of its stamp).
    """
    if not causes:
        return {}
    couples = load_couples(session, causes)
    background = load_background(session, couples.items())
    pacts = {duo: background.settle(duo, couple) for duo, couple in couples.items()}
    before = _standing(session, pacts)
    update_rows(session, "duos", "id", [_columns(duo, pact) for duo, pact in pacts.items()])
    for duo, pact in pacts.items():
        status, open_until = before[duo]
        if pact.open_until < open_until:
            effects.arrived.add(ended(duo))
        if pact.completed_by is not None and status != pact.status:
            effects.follow(
                causes[duo],
                DuoCompleted(duo_id=duo, event_id=pact.completed_by.event),
                once=f"completed {duo}",
            )
    return {
        (duo, stamp.order): note
        for duo, pact in pacts.items()
        for stamp, note in pact.notes.items()
    }


def _standing(session: Session, duos: Iterable[str]) -> dict[str, tuple[str, datetime]]:
    """Give (status, until when open) of duos as they stood so far."""
    rows = fetch(
        session,
        "SELECT id, status, open_until FROM duos WHERE id = ANY(%(ids)s::uuid[])",
        ids=list(duos),
    )
    return {duo: (status, open_until) for duo, status, open_until in rows}


def _columns(duo: str, pact: Pact) -> dict[str, Any]:
    """Give a duo's columns."""
    return {
        "id": duo,
        "status": pact.status,
        "expires_at": pact.expires_at,
        "opened_at": pact.opened_at,
        "open_until": pact.open_until,
    }
