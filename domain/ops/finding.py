"""Finds people by a number or an address that somebody knows, and shows neither.

So nothing need be revealed to look into what a caller complains of. Only what matches as a whole is
found, and that somebody asked is kept; what they asked for isn't.
"""

import re
from datetime import datetime
from typing import Final

from sqlmodel import Session

from domain.ops.acting import WrongRequestError
from domain.ops.audit import Deed, record
from domain.ops.permissions import Actor, Verb, demand
from domain.ops.person import thing_of
from domain.sql import fetch

LONGEST: Final = 320
_BETWEEN_DIGITS: Final = re.compile(r"[\s()./-]+")
_NUMBER: Final = re.compile(r"\+[1-9][0-9]{6,14}")
_ADDRESS: Final = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
# Of one account; a person reads a number out to you more slowly.
MOST_A_MINUTE: Final = 20
EXPECTED: Final = (
    "That is neither a number with its country's code, such as +49 151 1234 5678, nor an address."
)


def find_people(
    session: Session, actor: Actor, text: str, *, held: bytes, now: datetime
) -> list[str]:
    """Give the ids of those whose number or address it is, ten at most.

    `held`: the hash of the asking session's token. Raises WrongRequestError for what is neither.
    """
    demand(actor, Verb.REVEAL)
    _demand_patience(session, actor, now)
    rows = fetch(
        session,
        "SELECT found::text FROM momento_people_by(%(held)s, %(address)s) AS found",
        held=held,
        address=as_stored(text),
    )
    found = [row[0] for row in rows]
    for person_id in found:
        record(session, actor, Deed("find", thing=thing_of(person_id)), now=now)
    if not found:
        record(session, actor, Deed("find", details={"found": 0}), now=now)
    return found


def _demand_patience(session: Session, actor: Actor, now: datetime) -> None:
    """Refuse whoever tries out numbers; what others do meanwhile may hide a few of theirs."""
    ((asked,),) = fetch(
        session,
        "SELECT count(*) FROM (SELECT * FROM audit_log ORDER BY id DESC LIMIT %(newest)s) AS deed"
        " WHERE actor = %(actor)s AND action = 'find' AND at > %(now)s - interval '1 minute'",
        newest=10 * MOST_A_MINUTE,
        actor=actor.name,
        now=now,
    )
    if asked >= MOST_A_MINUTE:
        raise WrongRequestError(f"That is {MOST_A_MINUTE} within a minute. Wait for a while.")


def as_stored(text: str) -> str:
    """Write a number or an address as tables hold it; raises WrongRequestError for what is none."""
    text = text.strip()
    if len(text) <= LONGEST and text.isprintable():
        number = _BETWEEN_DIGITS.sub("", text)
        number = f"+{number[2:]}" if number.startswith("00") else number
        if _NUMBER.fullmatch(number):
            return number
        if _ADDRESS.fullmatch(text):
            return text
    raise WrongRequestError(EXPECTED)
