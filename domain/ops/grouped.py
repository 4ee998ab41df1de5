"""Lists of deliveries by an index that begins with the handler: what is due, and what is dead.

Each handler, or kind of error in it, is looked up by itself for no more than is wanted, and the
page is put together of these. So nothing hides anything, however much there is of others.
"""

from typing import Any, Final

from sqlmodel import Session

from domain.ops.filters import Cursor, DeliveryFilter
from domain.skip_scan import DEAD, DUE, dead_kinds, handlers_with
from domain.tables.ledger import DeliveryState

# So many kinds are put together at most; among more a page of the newest is looked for.
MOST_KINDS: Final = 1_000
BY_DUE: Final = "row.handler, row.due_at, row.seq"
# What died last comes first.
BY_DEATH: Final = "row.settled_at DESC, row.seq DESC, row.handler DESC"


def is_by_due(wanted: DeliveryFilter) -> bool:
    """Say whether what is due is asked for: what is pending is, always."""
    is_due = wanted.due is not None or wanted.state is DeliveryState.PENDING
    return is_due and wanted.subject is None


def is_by_death(wanted: DeliveryFilter) -> bool:
    """Say whether a part of what is dead is asked for that an index holds together."""
    is_dead = wanted.state is DeliveryState.DEAD and not is_by_due(wanted)
    parts = (wanted.handler, wanted.error, wanted.died, wanted.handlers)
    others = (wanted.subject, wanted.user, wanted.since, wanted.until)
    return is_dead and any(part is not None for part in parts) and not any(others)


def source_by_due(
    session: Session, wanted: DeliveryFilter, after: Cursor | None
) -> tuple[str, dict[str, Any]]:
    """Give what to select `AS row` from, its first `%(most)s` rows, and its values."""
    handlers = _handlers(session, wanted, DUE)
    if after is not None:
        handlers = [handler for handler in handlers if handler >= after.handler]
    # Where a handler's part begins: the one that the page goes on with after the cursor.
    begins = [after if after and handler == after.handler else None for handler in handlers]
    values = {
        "handlers": handlers,
        "moments": [each and each.due_at for each in begins],
        "seqs": [each and each.seq for each in begins],
        "due": wanted.due,
    }
    state = f"AND few.state = '{wanted.state}'" if wanted.state else ""
    return _DUE_OF_EACH.format(state=state), values


def source_by_death(
    session: Session, wanted: DeliveryFilter, after: Cursor | None
) -> tuple[str, dict[str, Any]] | None:
    """Give what to select `AS row` from, `%(most)s` rows of each kind, and its values.

    None if there are more kinds than are put together.
    """
    handlers = _handlers(session, wanted, DEAD)
    kinds = dead_kinds(session, handlers=handlers, error=wanted.error, most=MOST_KINDS + 1)
    if len(kinds) > MOST_KINDS:
        return None
    values: dict[str, Any] = {
        "handlers": [handler for handler, _ in kinds],
        "fingerprints": [fingerprint for _, fingerprint in kinds],
        "died": wanted.died,
    }
    late = "AND few.settled_at >= %(died)s" if wanted.died else ""
    beyond = ""
    if after is not None:
        beyond = _BEYOND
        values |= {"moment": after.due_at, "seq": after.seq, "handler": after.handler}
    return _DEAD_OF_EACH.format(late=late, beyond=beyond), values


def _handlers(session: Session, wanted: DeliveryFilter, held: str) -> list[str]:
    return handlers_with(session, held) if wanted.handlers is None else sorted(wanted.handlers)


_DUE_OF_ONE: Final = """
FROM deliveries AS few
WHERE few.handler = of.handler AND few.due_at <= coalesce(%(due)s::timestamptz, now()) {state}
    AND few.due_at >= coalesce(of.moment, '-infinity')
    AND (of.seq IS NULL OR (few.due_at, few.seq) > (of.moment, of.seq))
ORDER BY few.due_at, few.seq LIMIT"""
# Handlers come one after the other, so each gets what those before it have left over.
_DUE_OF_EACH: Final = f"""
(
    WITH RECURSIVE listed AS (
        SELECT * FROM unnest(%(handlers)s::text[], %(moments)s::timestamptz[], %(seqs)s::bigint[])
            WITH ORDINALITY AS each (handler, moment, seq, place)
    ), shares (handler, moment, seq, place, share, remaining) AS (
        SELECT NULL::text, NULL::timestamptz, NULL::bigint, 0::bigint, 0::bigint, %(most)s::bigint
        UNION ALL
        SELECT of.handler, of.moment, of.seq, of.place, counted.share,
            of.remaining - counted.share
        FROM (
            SELECT listed.*, shares.remaining FROM shares JOIN listed
                ON listed.place = shares.place + 1 AND shares.remaining > 0
            -- Or Postgres might count of all before it sees whose turn it is.
            OFFSET 0
        ) AS of
        CROSS JOIN LATERAL (
            SELECT count(*) AS share FROM (SELECT {_DUE_OF_ONE} of.remaining) AS theirs
        ) AS counted
    )
    SELECT * FROM shares WHERE share > 0
) AS of CROSS JOIN LATERAL (SELECT * {_DUE_OF_ONE} of.share) AS row
"""
_DEAD_OF_EACH: Final = """
unnest(%(handlers)s::text[], %(fingerprints)s::text[]) AS of (handler, fingerprint)
CROSS JOIN LATERAL (
    SELECT * FROM deliveries AS few
    WHERE few.state = 'dead' AND few.handler = of.handler AND few.fingerprint = of.fingerprint
        {late} {beyond}
    ORDER BY few.settled_at DESC, few.seq DESC LIMIT %(most)s
) AS row
"""
_BEYOND: Final = """
AND (few.settled_at, few.seq) <= (%(moment)s::timestamptz, %(seq)s::bigint)
AND (few.settled_at, few.seq, few.handler)
    < (%(moment)s::timestamptz, %(seq)s::bigint, %(handler)s::text)
"""
