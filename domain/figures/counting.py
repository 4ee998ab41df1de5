"""Counts that stay cheap however large the ledger is: up to a limit by an index, or estimated.

No statement here counts a large table. What waits is found by the partial index of what is due,
what has failed or is dead by that of troubles, each no further than the limit. How much is settled
is what Postgres's own statistics say, unless the ledger is small.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from sqlmodel import Session

from domain.figures.snapshot import Count, How, Queue
from domain.sql import array, fetch
from domain.tables.ledger import DeliveryState

# Nothing is counted further.
LIMIT: Final = 10_000
# A ledger that has at most so many deliveries is counted whole.
SMALL: Final = 20_000
_SETTLED: Final = (DeliveryState.DONE, DeliveryState.REJECTED, DeliveryState.DISCARDED)


def capped(number: int) -> Count:
    """Give a count that was counted to one beyond the limit."""
    return Count(LIMIT, How.LEAST) if number > LIMIT else Count(number)


def count_up_to(rows: str) -> str:
    """Write a query that counts rows, to one beyond the limit."""
    return f"SELECT count(*) FROM ({rows} LIMIT {LIMIT + 1}) AS counted"


def outbox_now(session: Session, now: datetime) -> Queue:
    """Count what nobody has routed; the lowest number is taken for the oldest."""
    ((count, oldest),) = fetch(
        session,
        f"SELECT ({count_up_to('SELECT FROM outbox')}),"
        " (SELECT received_at FROM outbox ORDER BY seq LIMIT 1)",
    )
    return Queue("outbox", capped(count), seconds_since(oldest, now))


# Of each handler no more than the limit, and of all together: the outer limit ends the loop.
_DUE: Final = f"""
    SELECT state, count(*) FROM (
        SELECT due.state FROM unnest(%(handlers)s::text[]) AS known (handler)
        CROSS JOIN LATERAL (
            SELECT state FROM deliveries
            WHERE deliveries.handler = known.handler AND due_at {{}} %(now)s
            ORDER BY due_at LIMIT {LIMIT + 1}
        ) AS due LIMIT {LIMIT + 1}
    ) AS counted GROUP BY state
"""
_OLDEST: Final = """
    SELECT min(first.due_at) FROM unnest(%(handlers)s::text[]) AS known (handler)
    CROSS JOIN LATERAL (
        SELECT due_at FROM deliveries
        WHERE deliveries.handler = known.handler AND due_at <= %(now)s ORDER BY due_at LIMIT 1
    ) AS first
"""


def lane_due(
    session: Session,
    name: str,
    handlers: Iterable[str],
    *,
    now: datetime,
    paused: Collection[str] = (),
) -> tuple[Queue, Mapping[str, int]]:
    """Count what is due of a lane's handlers; also by state, up to the same limit.

    The oldest is that of what isn't `paused`: what somebody holds back isn't late.
    """
    listed = sorted(handlers)
    states = dict(fetch(session, _DUE.format("<="), handlers=array(listed), now=now))
    at_work = array(each for each in listed if each not in paused)
    ((oldest,),) = fetch(session, _OLDEST, handlers=at_work, now=now)
    return Queue(name, capped(sum(states.values())), seconds_since(oldest, now)), states


def count_deliveries(
    session: Session, handlers: Iterable[str], due: Iterable[Mapping[str, int]], *, now: datetime
) -> dict[str, Count]:
    """Count deliveries by state; `due` says of each lane what is due now, by state."""
    later = dict(fetch(session, _DUE.format(">"), handlers=array(handlers), now=now))
    portions = [later, *due]
    is_whole = all(sum(portion.values()) <= LIMIT for portion in portions)
    counts = {
        state.value: Count(
            min(LIMIT, sum(portion.get(state, 0) for portion in portions)),
            How.EXACT if is_whole else How.LEAST,
        )
        for state in (DeliveryState.PENDING, DeliveryState.DEFERRED)
    }
    for state in (DeliveryState.FAILED, DeliveryState.DEAD):
        # In the index's order, or the planner would rather read the table from its beginning.
        rows = "SELECT FROM deliveries WHERE state = %(state)s ORDER BY handler"
        ((number,),) = fetch(session, count_up_to(rows), state=state.value)
        counts[state.value] = capped(number)
    return counts | count_settled(session)


def count_settled(session: Session, *, small: int = SMALL) -> dict[str, Count]:
    """Say how many deliveries are settled: exactly in a small ledger, else about."""
    ((rows, words, parts),) = fetch(
        session,
        """
        SELECT greatest(
            (SELECT reltuples::bigint FROM pg_class WHERE oid = 'deliveries'::regclass),
            (SELECT n_live_tup FROM pg_stat_user_tables WHERE relid = 'deliveries'::regclass)
        ), words, parts
        FROM (VALUES (1)) AS one LEFT JOIN LATERAL (
            SELECT most_common_vals::text::text[] AS words, most_common_freqs AS parts
            FROM pg_stats WHERE schemaname = current_schema() AND tablename = 'deliveries'
                AND attname = 'state'
        ) AS said ON true
        """,
    )
    if rows <= small:
        found = dict(
            fetch(
                session,
                f"SELECT state, count(*) FROM (SELECT state FROM deliveries LIMIT {small + 1})"
                " AS counted GROUP BY state",
            )
        )
        if sum(found.values()) <= small:
            return {state.value: Count(found.get(state, 0)) for state in _SETTLED}
    portions: dict[str, float] = dict(zip(words or (), parts or (), strict=True))
    return {
        state.value: Count(round(rows * portions.get(state, 0.0)), How.ABOUT) for state in _SETTLED
    }


def seconds_since(moment: datetime | None, now: datetime) -> float | None:
    """Give how long ago something was, or None; clocks that differ make nothing negative."""
    return None if moment is None else round(max(0.0, (now - moment).total_seconds()), 3)


def age(moment: Any, now: datetime) -> float:
    """Give how long ago something was that surely was."""
    found = seconds_since(moment, now)
    assert found is not None
    return found
