"""What followed from a domain event, though it names another one as its cause.

A handler settles a thing once, whatever a batch says about it, and what follows names one cause.
Postgres remembers which transaction has written a row last: a delivery that is done and what was
published in the transaction that settled it have the same one.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from sqlmodel import Session

from domain.sql import fetch

UUID_TEXT: Final = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
# A batch takes what is due next, so the causes that it coalesced were published close together.
NEARBY_SEQS: Final = 10_000

# Numbers of transactions come round again after billions: hence the minute.
_ALSO = """
SELECT said.seq, next.seq, said.data, cause.data, next.data
FROM deliveries AS applied
JOIN domain_events AS said
    ON said.seq = applied.seq AND said.received_at = applied.received_at
JOIN domain_events AS next
    ON next.cause BETWEEN said.seq - %(nearby)s AND said.seq + %(nearby)s
    AND next.cause <> said.seq AND next.xmin = applied.xmin
    AND next.received_at BETWEEN applied.settled_at AND applied.settled_at + interval '1 minute'
JOIN domain_events AS cause ON cause.seq = next.cause
WHERE applied.seq = ANY(%(seqs)s) AND applied.state = 'done'
ORDER BY said.seq, next.seq
"""


def also_followed(session: Session, seqs: Iterable[int]) -> dict[int, int]:
    """Give by number what followed from these as well as from the cause that it names.

    The value is the domain event that it also followed from; the first of several.
    """
    found: dict[int, int] = {}
    for seq, follow_up, said, cause, followed in fetch(
        session, _ALSO, seqs=list(seqs), nearby=NEARBY_SEQS
    ):
        if is_cause_too(said, cause=cause, followed=followed):
            found.setdefault(follow_up, seq)
    return found


def is_cause_too(
    said: Mapping[str, Any], *, cause: Mapping[str, Any], followed: Mapping[str, Any]
) -> bool:
    """Say whether what names one cause followed from another of its batch too.

    It did if that one names everything by which it follows from its cause: of two check-ins at an
    event, what is settled about Ada follows from those of Ada.
    """
    named, shared = _ids(said), _ids(cause)
    return bool(named & shared) and _ids(followed) & shared <= named


def _ids(data: Mapping[str, Any]) -> set[str]:
    return set(ids_among(data).values())


def ids_among(data: Mapping[str, Any]) -> dict[str, str]:
    """Give the ids that a payload names, by field: all of it that isn't personal."""
    return {
        name: value
        for name, value in data.items()
        if name.endswith("_id") and isinstance(value, str) and UUID_TEXT.fullmatch(value)
    }
