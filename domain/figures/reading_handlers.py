"""Reads how each handler went lately, and which have had nothing to do for long."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from sqlmodel import Session

from domain.figures import names
from domain.figures.buckets import COUNT, quantile
from domain.figures.snapshot import HandlerNow
from domain.sql import fetch

LATELY: Final = timedelta(minutes=10)
# A handler that has had nothing to do for so long is worth a question.
SEEN_WITHIN: Final = timedelta(days=7)
P95: Final = 0.95


def read_handlers(session: Session, now: datetime) -> Mapping[str, HandlerNow]:
    """Add up the last ten minutes by handler: some rows a minute and handler, by their key."""
    tries: defaultdict[str, dict[str, int]] = defaultdict(dict)
    heaps: dict[str, defaultdict[str, list[int]]] = {
        each.name: defaultdict(lambda: [0] * COUNT) for each in (names.WAIT, names.RUN)
    }
    rows = fetch(
        session,
        "SELECT name, labels, count, buckets FROM figures WHERE span = 'minute'"
        " AND name = ANY(%(names)s::text[]) AND at > %(now)s - %(lately)s::interval",
        names=[names.SETTLED.name, *heaps],
        now=now,
        lately=LATELY,
    )
    for name, (handler, *rest), count, buckets in rows:
        if name in heaps:
            heap = heaps[name][handler]
            for place, amount in enumerate(buckets or ()):
                heap[place] += amount
        else:
            state = rest[-1]
            tries[handler][state] = tries[handler].get(state, 0) + count
    waits, runs = heaps[names.WAIT.name], heaps[names.RUN.name]
    return {
        handler: HandlerNow(
            states,
            quantile(waits[handler], P95) if handler in waits else None,
            quantile(runs[handler], P95) if handler in runs else None,
        )
        for handler, states in tries.items()
    }


def last_days(session: Session) -> dict[str, datetime]:
    """Give when each handler last had something to do, of a week: to the minute, or the day.

    Some rows a minute, and a day, and handler, by their key.
    """
    rows = fetch(
        session,
        """
        SELECT handler, max(at) FROM (
            SELECT labels[1] AS handler, at FROM figures WHERE span = 'minute'
                AND name = %(name)s AND at > clock_timestamp() - interval '2 hours'
            UNION ALL SELECT labels[1], at FROM figures WHERE span = 'day'
                AND name = %(name)s AND at > clock_timestamp() - %(within)s::interval
        ) AS met GROUP BY 1
        """,
        name=names.SETTLED.name,
        within=SEEN_WITHIN,
    )
    return dict(rows)
