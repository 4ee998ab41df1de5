"""The rows of kudos: kept once, with every time at which they were said, locked in key order."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from domain.kudos.rules import Standing
from domain.sql import array, fetch
from domain.tables.kudos import Kudo

# Receiver, giver, event and the kudo.
Key = tuple[str, str, str, Kudo]


@dataclass(slots=True)
class Said:
    """All that a batch says about one (receiver, giver, event, kudo)."""

    id: str
    times: list[datetime]


def keep_new(
    session: Session, said: Mapping[Key, Said], standings: Mapping[Key, Standing]
) -> set[Key]:
    """Insert rows as judged, where neither kudos nor id are there yet; give the new ones."""
    # Sorted, so that of two batches with the same kudos one waits for the other.
    listed = sorted(said.items())
    rows = fetch(
        session,
        """
        INSERT INTO attendee_kudos
            (id, receiver_id, giver_id, event_id, kudo, counts, given_at, given_times)
        SELECT id, receiver_id, giver_id, event_id, kudo, counts, given_at,
            coalesce(string_to_array(times, ',')::timestamptz[], '{}')
        FROM unnest(%(ids)s::uuid[], %(receivers)s::uuid[], %(givers)s::uuid[], %(events)s::uuid[],
            %(kudos)s::text[], %(counts)s::boolean[], %(given)s::timestamptz[], %(times)s::text[])
            AS said (id, receiver_id, giver_id, event_id, kudo, counts, given_at, times)
        ON CONFLICT DO NOTHING
        RETURNING receiver_id, giver_id, event_id, kudo
        """,
        ids=array(each.id for _, each in listed),
        receivers=array(key[0] for key, _ in listed),
        givers=array(key[1] for key, _ in listed),
        events=array(key[2] for key, _ in listed),
        kudos=array(key[3].value for key, _ in listed),
        counts=array(str(standings[key].counts) for key, _ in listed),
        given=array(standings[key].given_at.isoformat() for key, _ in listed),
        times=[_several(each.times) for _, each in listed],
    )
    return set(as_keys(rows))


def keep_again(session: Session, said: Mapping[Key, Said]) -> set[Key]:
    """Add times to kudos that are there already, said before or written by an API service."""
    listed = sorted(said.items())
    rows = fetch(
        session,
        """
        WITH said AS MATERIALIZED (
            -- Locked in the order of `lock_times`, before any is written.
            SELECT receiver_id, giver_id, event_id, kudo, times
            FROM unnest(%(receivers)s::uuid[], %(givers)s::uuid[], %(events)s::uuid[],
                %(kudos)s::text[], %(times)s::text[])
                AS asked (receiver_id, giver_id, event_id, kudo, times)
            JOIN attendee_kudos AS kept USING (receiver_id, giver_id, event_id, kudo)
            ORDER BY receiver_id, giver_id, event_id, kudo
            FOR UPDATE OF kept
        )
        UPDATE attendee_kudos AS kept SET given_times = ARRAY(
            SELECT DISTINCT each.time
            FROM unnest(kept.given_times || kept.given_at
                || string_to_array(said.times, ',')::timestamptz[]) AS each (time)
            WHERE each.time IS NOT NULL
        )
        FROM said
        WHERE kept.receiver_id = said.receiver_id AND kept.giver_id = said.giver_id
            AND kept.event_id = said.event_id AND kept.kudo = said.kudo
        RETURNING kept.receiver_id, kept.giver_id, kept.event_id, kept.kudo
        """,
        receivers=array(key[0] for key, _ in listed),
        givers=array(key[1] for key, _ in listed),
        events=array(key[2] for key, _ in listed),
        kudos=array(key[3].value for key, _ in listed),
        times=[",".join(time.isoformat() for time in each.times) for _, each in listed],
    )
    return set(as_keys(rows))


def lock_times(session: Session, keys: Iterable[Key]) -> dict[Key, list[datetime]]:
    """Lock kudos and read when they were said; what only an API service wrote has no time yet."""
    listed = list(keys)
    rows = fetch(
        session,
        """
        SELECT receiver_id, giver_id, event_id, kudo,
            CASE WHEN cardinality(given_times) > 0 THEN given_times ELSE ARRAY[given_at] END
        FROM unnest(%(receivers)s::uuid[], %(givers)s::uuid[], %(events)s::uuid[],
            %(kudos)s::text[]) AS asked (receiver_id, giver_id, event_id, kudo)
        JOIN attendee_kudos AS kept USING (receiver_id, giver_id, event_id, kudo)
        WHERE given_at IS NOT NULL OR cardinality(given_times) > 0
        ORDER BY receiver_id, giver_id, event_id, kudo
        FOR UPDATE OF kept
        """,
        receivers=array(key[0] for key in listed),
        givers=array(key[1] for key in listed),
        events=array(key[2] for key in listed),
        kudos=array(key[3].value for key in listed),
    )
    return {(to, by, event, Kudo(kudo)): times for to, by, event, kudo, times in rows}


def as_keys(rows: Iterable[tuple[str, str, str, str]]) -> list[Key]:
    """Give rows of receiver, giver, event and kudo as keys."""
    return [(to, by, event, Kudo(kudo)) for to, by, event, kudo in rows]


def _several(times: list[datetime]) -> str | None:
    """Write times for an array when there are more than the one that stands."""
    return ",".join(time.isoformat() for time in times) if len(times) > 1 else None
