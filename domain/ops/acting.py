"""What ops can do about a delivery that failed: have it tried again, give it up, take that back.

Each is one conditional statement whose rows are believed: of two people who press the same button
one has an effect, and what a worker settles in between is left alone. Who does it, may they, and
why, is asked and written down here, so that no front end can leave it out.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from sqlmodel import Session

from domain.catalogue import HANDLERS
from domain.constants import WHY_LIMIT_CHARACTERS
from domain.ops.audit import Deed, record
from domain.ops.permissions import Actor, Verb, demand
from domain.sql import fetch

MENDABLE: Final = ("dead", "failed")
# In which nothing would ever become of one whose handler was removed or renamed.
_ENDLESS: Final = ("pending", "deferred")
# A delivery: the number of its domain event, and its handler.
Key = tuple[int, str]

_THESE: Final = "unnest(%(seqs)s::bigint[], %(handlers)s::text[]) AS chosen (seq, handler)"
_OF_THESE: Final = "row.seq = chosen.seq AND row.handler = chosen.handler"

# A retried one begins anew: its earlier attempts, deaths and looks don't count against it. The
# last error stays to be read.
_AGAIN: Final = """
UPDATE deliveries AS row SET state = 'pending', due_at = %(now)s, attempts = 0, deaths = 0,
    looks = 0, awaits = NULL, reason = NULL, settled_at = NULL
"""


class WrongRequestError(ValueError):
    """What was asked for can't be done; its text says why, and can be shown."""


class TakenError(WrongRequestError):
    """Somebody else has done, or is doing, what stands in its way; its text says who."""


def checked_why(why: str) -> str:
    """The reason that somebody gave; raises WrongRequestError if it is none or too long."""
    why = " ".join(why.split())
    if not why:
        raise WrongRequestError("Say why: it is kept for who asks later.")
    if len(why) > WHY_LIMIT_CHARACTERS:
        raise WrongRequestError(f"A reason has at most {WHY_LIMIT_CHARACTERS} characters.")
    if not why.isprintable():
        raise WrongRequestError("A reason is plain text.")
    return why


def retry(session: Session, actor: Actor, key: Key, *, now: datetime) -> bool:
    """Make one dead or failed delivery due now; False if it is neither.

    Only this handler runs again: what the others made of the domain event stands.
    """
    demand(actor, Verb.RETRY)
    if not retry_these(session, [key], now=now):
        return False
    record(session, actor, Deed("retry", seq=key[0], handler=key[1]), now=now)
    return True


def discard(session: Session, actor: Actor, key: Key, *, why: str, now: datetime) -> bool:
    """Give up one delivery, keeping its error and saying why; False if it can't be discarded."""
    demand(actor, Verb.DISCARD)
    why = checked_why(why)
    if not discard_these(session, [key], by=actor.name, why=why, now=now):
        return False
    record(session, actor, Deed("discard", seq=key[0], handler=key[1], why=why), now=now)
    return True


def restore(session: Session, actor: Actor, key: Key, *, now: datetime) -> bool:
    """Take back a discard: it is dead as it was; False if it isn't discarded, or for too long."""
    demand(actor, Verb.RESTORE)
    if not restore_these(session, [key]):
        return False
    record(session, actor, Deed("restore", seq=key[0], handler=key[1]), now=now)
    return True


def can_be_discarded(handler: str, state: str) -> bool:
    """Say whether it is dead or failed, or open for a handler that this version doesn't know."""
    return state in MENDABLE or (handler not in HANDLERS and state in _ENDLESS)


def retry_these(session: Session, keys: Sequence[Key], *, now: datetime) -> set[Key]:
    """Make those of them due that are dead or failed; give which. Asks nobody's leave."""
    return _done(
        session,
        f"{_AGAIN} FROM {_THESE} WHERE {_OF_THESE} AND row.state = ANY(%(states)s)"
        " RETURNING row.seq, row.handler",
        keys,
        now=now,
        states=list(MENDABLE),
    )


def discard_these(
    session: Session, keys: Sequence[Key], *, by: str, why: str, now: datetime
) -> set[Key]:
    """Give up those of them that can be discarded; give which. Asks nobody's leave."""
    return _done(
        session,
        f"""
        WITH held AS MATERIALIZED (
            SELECT row.seq, row.handler, row.reason, row.awaits, row.settled_at
            FROM deliveries AS row JOIN {_THESE} ON {_OF_THESE}
            WHERE row.state = ANY(%(states)s)
                OR (row.state = ANY(%(endless)s) AND row.handler <> ALL(%(known)s))
            FOR UPDATE OF row
        ), kept AS (
            INSERT INTO discards (seq, handler, discarded_at, actor, why, reason, awaits,
                settled_at)
            SELECT seq, handler, %(now)s, %(by)s, %(why)s::text, reason, awaits, settled_at
            FROM held
            ON CONFLICT (seq, handler) DO UPDATE SET discarded_at = excluded.discarded_at,
                actor = excluded.actor, why = excluded.why, reason = excluded.reason,
                awaits = excluded.awaits, settled_at = excluded.settled_at
        )
        UPDATE deliveries AS row SET state = 'discarded', due_at = NULL, awaits = NULL,
            reason = concat_ws(' | ', row.reason, 'discarded: ' || %(why)s::text),
            settled_at = clock_timestamp()
        FROM held WHERE row.seq = held.seq AND row.handler = held.handler
        RETURNING row.seq, row.handler
        """,
        keys,
        now=now,
        by=by,
        why=why,
        states=list(MENDABLE),
        endless=list(_ENDLESS),
        known=list(HANDLERS),
    )


def restore_these(session: Session, keys: Sequence[Key]) -> set[Key]:
    """Have those of them be dead again that were discarded and aren't forgotten; give which.

    Whichever bulk operations had discarded them have nothing to undo about them any more: what
    becomes of them from here on is somebody else's decision.
    """
    return _done(
        session,
        f"""
        WITH held AS MATERIALIZED (
            SELECT row.seq, row.handler FROM deliveries AS row JOIN {_THESE} ON {_OF_THESE}
            WHERE row.state = 'discarded' FOR UPDATE OF row
        ), kept AS MATERIALIZED (
            DELETE FROM discards AS row USING held
            WHERE row.seq = held.seq AND row.handler = held.handler
            RETURNING row.seq, row.handler, row.reason, row.awaits,
                coalesce(row.settled_at, row.discarded_at) AS settled_at
        ), taken_back AS (
            UPDATE bulk_items AS item SET reason = 'restored since' FROM kept
            WHERE item.seq = kept.seq AND item.handler = kept.handler
                AND item.result = 'discarded' AND item.reason IS NULL
        )
        UPDATE deliveries AS row SET state = 'dead', reason = kept.reason, awaits = kept.awaits,
            settled_at = kept.settled_at
        FROM kept WHERE row.seq = kept.seq AND row.handler = kept.handler
            AND row.state = 'discarded'
        RETURNING row.seq, row.handler
        """,
        keys,
    )


def hold_these(session: Session, keys: Sequence[Key]) -> set[Key]:
    """Lock those of them that nobody else has in hand, without waiting; give which."""
    return _done(
        session,
        f"SELECT row.seq, row.handler FROM deliveries AS row JOIN {_THESE} ON {_OF_THESE}"
        " FOR UPDATE OF row SKIP LOCKED",
        keys,
    )


def states_of(session: Session, keys: Iterable[Key]) -> dict[Key, str]:
    """Give where deliveries stand; those that there are."""
    listed = list(keys)
    rows = fetch(
        session,
        f"SELECT row.seq, row.handler, row.state FROM deliveries AS row JOIN {_THESE}"
        f" ON {_OF_THESE}",
        seqs=[seq for seq, _ in listed],
        handlers=[handler for _, handler in listed],
    )
    return {(seq, handler): state for seq, handler, state in rows}


def _done(session: Session, statement: str, keys: Sequence[Key], **values: object) -> set[Key]:
    rows = fetch(
        session,
        statement,
        seqs=[seq for seq, _ in keys],
        handlers=[handler for _, handler in keys],
        **values,
    )
    return {(seq, handler) for seq, handler in rows}
