"""Looks up what bears on whether dead deliveries are worth a try; two statements for all."""

import inspect
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlmodel import Session

from domain.catalogue import HANDLERS
from domain.coalesced import ids_among
from domain.notifications.occasions import TOLD_BY
from domain.ops.acting import Key
from domain.ops.worth import Circumstances, Worth, judge_worth
from domain.sql import fetch_dicts

_SAID: Final = """
SELECT DISTINCT ON (said.seq) said.seq, said.type, said.time, said.data
FROM deliveries AS row
JOIN domain_events AS said ON said.seq = row.seq AND said.received_at = row.received_at
WHERE row.seq = ANY(%(seqs)s)
"""
_LOOK: Final = """
SELECT named.seq, person.deleted_at IS NOT NULL AS person_deleted,
    gathering.starts_at, gathering.ends_at,
    coalesce(gathering.status = 'cancelled', false) AS is_cancelled,
    coalesce(invited.expires_at, duo.expires_at) AS expires_at
FROM unnest(%(seqs)s::bigint[], %(invitations)s::uuid[], %(duos)s::uuid[], %(events)s::uuid[],
    %(people)s::uuid[]) AS named (seq, invitation_id, duo_id, event_id, user_id)
LEFT JOIN invitations AS invited ON invited.id = named.invitation_id
LEFT JOIN duos AS duo ON duo.id = named.duo_id
LEFT JOIN events AS gathering ON gathering.id = coalesce(named.event_id, invited.event_id)
LEFT JOIN users AS person ON person.id = named.user_id
"""
_TELLS_BESIDE: Final = frozenset({*TOLD_BY, "gatherings.apply_event_cancelled"})


@dataclass(frozen=True, slots=True)
class Prospect:
    """What a handler would do if a delivery were tried again, and whether that is still worth it.

    `tells` names the texts that people might get.
    """

    does: str
    tells: tuple[str, ...]
    worth: Worth | None


def prospects(session: Session, keys: Sequence[Key], now: datetime) -> dict[Key, Prospect]:
    """Give what would come of trying each of them again."""
    known = _look(session, [seq for seq, _ in keys])
    return {key: _prospect(key, known.get(key[0]), now=now) for key in keys}


def what_it_does(handler: str) -> str:
    """Give what a handler says that it does; for one that this version doesn't know, that."""
    found = HANDLERS.get(handler)
    if found is None:
        return "This version doesn't know the handler: it waits for one that does."
    return (inspect.getdoc(found.apply) or found.name).partition("\n")[0]


def _prospect(key: Key, known: tuple[str, Circumstances] | None, *, now: datetime) -> Prospect:
    _, handler = key
    tells = tuple(template.value for template in TOLD_BY.get(handler, ()))
    if known is None:
        return Prospect(what_it_does(handler), tells, None)
    name, circumstances = known
    worth = judge_worth(name, circumstances, now=now, tells=handler in _TELLS_BESIDE)
    return Prospect(what_it_does(handler), tells, worth)


def _look(session: Session, seqs: Sequence[int]) -> dict[int, tuple[str, Circumstances]]:
    said = {row["seq"]: row for row in fetch_dicts(session, _SAID, seqs=list(set(seqs)))}
    ids = [ids_among(row["data"]) for row in said.values()]
    rows = fetch_dicts(
        session,
        _LOOK,
        seqs=list(said),
        invitations=[each.get("invitation_id") for each in ids],
        duos=[each.get("duo_id") for each in ids],
        events=[each.get("event_id") for each in ids],
        people=[each.get("user_id") for each in ids],
    )
    return {
        (seq := row.pop("seq")): (
            _name(said[seq]["type"]),
            Circumstances(time=said[seq]["time"], **row),
        )
        for row in rows
    }


def _name(kind: str) -> str:
    """Give a type as the catalogue names it."""
    return re.sub(r"^app\.momento\.|\.v[0-9]+$", "", kind)
