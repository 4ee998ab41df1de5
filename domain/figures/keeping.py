"""Writes what processes have measured into tables, adds minutes up to hours and days, and forgets.

All by the database's clock. Adding up again changes nothing: an hour is always the sum of its
minutes, which are kept for longer.
"""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Final

from sqlmodel import Session

from domain.constants import (
    DAYS_KEPT,
    FAILURES_KEPT,
    HOURS_KEPT,
    MINUTES_KEPT,
    SNAPSHOTS_DENSE,
    SNAPSHOTS_KEPT,
)
from domain.figures.failures import Failure
from domain.figures.names import METRICS
from domain.figures.recorder import Key, Tally
from domain.sql import as_json, execute, fetch

# Rows that go at once.
_PORTION: Final = 20_000
_ADD_BUCKETS: Final = """
    CASE WHEN kept.buckets IS NULL OR excluded.buckets IS NULL
        THEN coalesce(kept.buckets, excluded.buckets)
    ELSE (
        SELECT array_agg(coalesce(old, 0) + coalesce(new, 0) ORDER BY place)
        FROM unnest(kept.buckets, excluded.buckets) WITH ORDINALITY AS both_of (old, new, place)
    ) END
"""


def add_figures(session: Session, tallies: Mapping[Key, Tally]) -> None:
    """Add to the current minute, in the order of keys, so that nobody deadlocks."""
    if not tallies:
        return
    execute(
        session,
        f"""
        INSERT INTO figures AS kept (span, name, at, labels, count, total_s, buckets)
        SELECT 'minute', name, date_trunc('minute', clock_timestamp()), labels, count, total_s,
            buckets
        FROM jsonb_populate_recordset(NULL::figures, %(rows)s::jsonb) ORDER BY name, labels
        ON CONFLICT (span, name, at, labels) DO UPDATE SET count = kept.count + excluded.count,
            total_s = kept.total_s + excluded.total_s, buckets = {_ADD_BUCKETS}
        """,
        rows=as_json(
            {"name": key.name, "labels": key.values, **asdict(tally)}
            for key, tally in tallies.items()
        ),
    )


def add_failures(session: Session, counts: Mapping[Failure, int], *, version: str) -> None:
    """Add failures to their kinds, and to the current hour."""
    if not counts:
        return
    execute(
        session,
        """
        WITH met AS MATERIALIZED (
            SELECT * FROM jsonb_to_recordset(%(rows)s::jsonb)
                AS met (fingerprint text, handler text, error text, count bigint)
            ORDER BY fingerprint
        ), kinds AS (
            INSERT INTO failure_kinds AS kept
                (fingerprint, handler, error, first_at, last_at, version)
            SELECT fingerprint, handler, error, clock_timestamp(), clock_timestamp(), %(version)s
            FROM met
            ON CONFLICT (fingerprint) DO UPDATE SET last_at = excluded.last_at
            RETURNING fingerprint
        )
        INSERT INTO failure_hours AS kept (fingerprint, at, count)
        SELECT fingerprint, date_trunc('hour', clock_timestamp()), count
        FROM met JOIN kinds USING (fingerprint) ORDER BY fingerprint
        ON CONFLICT (fingerprint, at) DO UPDATE SET count = kept.count + excluded.count
        """,
        rows=as_json(
            {"fingerprint": failure.fingerprint, **failure._asdict(), "count": count}
            for failure, count in counts.items()
        ),
        version=version,
    )


_ROLL_UP: Final = """
    WITH known AS (
        SELECT name, (
            SELECT max(at) FROM figures WHERE span = %(into)s AND figures.name = known.name
        ) AS since FROM unnest(%(names)s::text[]) AS known (name)
    ), parts AS MATERIALIZED (
        SELECT part.name, date_trunc(%(into)s, part.at, 'UTC') AS at, labels, count, total_s,
            buckets
        FROM known CROSS JOIN LATERAL (
            SELECT * FROM figures
            WHERE span = %(of)s AND figures.name = known.name
                AND figures.at >= coalesce(since, '-infinity')
        ) AS part
    ), heaps AS (
        SELECT name, at, labels, array_agg(amount ORDER BY place) AS buckets
        FROM (
            SELECT name, at, labels, place, sum(amount)::bigint AS amount
            FROM parts CROSS JOIN unnest(buckets) WITH ORDINALITY AS one (amount, place)
            GROUP BY name, at, labels, place
        ) AS each GROUP BY name, at, labels
    )
    INSERT INTO figures (span, name, at, labels, count, total_s, buckets)
    SELECT %(into)s, name, at, labels, sum(count)::bigint, sum(total_s), heaps.buckets
    FROM parts LEFT JOIN heaps USING (name, at, labels)
    GROUP BY name, at, labels, heaps.buckets ORDER BY name, at, labels
    ON CONFLICT (span, name, at, labels) DO UPDATE
    SET count = excluded.count, total_s = excluded.total_s, buckets = excluded.buckets
"""


def roll_up(session: Session) -> int:
    """Add minutes up to hours and hours to days, from the newest that was; give how many rows."""
    return sum(
        execute(session, _ROLL_UP, of=of, into=into, names=list(METRICS))
        for of, into in (("minute", "hour"), ("hour", "day"))
    )


def forget_figures(session: Session) -> int:
    """Forget what is older than its kind is kept; give how many rows went."""
    limits = {"minute": MINUTES_KEPT, "hour": HOURS_KEPT, "day": DAYS_KEPT}
    gone = sum(
        _forget(
            session,
            "figures",
            "span = %(span)s AND name = ANY(%(names)s::text[])"
            " AND at < clock_timestamp() - %(kept)s",
            span=span,
            names=list(METRICS),
            kept=kept,
        )
        for span, kept in limits.items()
    )
    gone += _forget(
        session, "failure_kinds", "last_at < clock_timestamp() - %(kept)s", kept=FAILURES_KEPT
    )
    gone += _forget(
        session, "failure_hours", "at < clock_timestamp() - %(kept)s", kept=FAILURES_KEPT
    )
    # The newest says which version runs.
    gone += _forget(
        session,
        "deploys",
        "at < clock_timestamp() - %(kept)s AND at < (SELECT max(at) FROM deploys)",
        kept=HOURS_KEPT,
    )
    return gone + forget_snapshots(session)


def forget_snapshots(session: Session) -> int:
    """Thin out old snapshots to one a minute, and forget the oldest; give how many went."""
    return _forget(
        session,
        "snapshots",
        "NOT is_kept AND at < clock_timestamp() - %(kept)s",
        kept=SNAPSHOTS_DENSE,
    ) + _forget(session, "snapshots", "at < clock_timestamp() - %(kept)s", kept=SNAPSHOTS_KEPT)


def _forget(session: Session, table: str, condition: str, **parameters: object) -> int:
    rows = fetch(
        session,
        f"""
        WITH gone AS (
            DELETE FROM {table} WHERE ctid = ANY(ARRAY(
                SELECT ctid FROM {table} WHERE {condition} LIMIT {_PORTION}
            )) RETURNING 1
        )
        SELECT count(*) FROM gone
        """,
        **parameters,
    )
    ((count,),) = rows
    gone: int = count
    return gone
