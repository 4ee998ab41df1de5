"""Applies ratings: an event's own are settled anew, its host's moved by the difference.

The events are locked for change, so that their parts of their hosts' totals change in one
transaction at a time.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlmodel import Session

from domain.attendance.payloads import AttendanceSettled
from domain.batch import Batch, DomainEvent, Effects
from domain.facts import Fact
from domain.gatherings.payloads import EventSettled
from domain.payload import Payload, Stamp
from domain.ratings.feedback import want
from domain.ratings.payloads import HostRatingChanged, RatingSubmitted
from domain.ratings.rules import (
    Standing,
    Tally,
    Window,
    settle_rating,
    summarise,
    tally,
    wanted_summary,
)
from domain.sql import array, as_json, execute, fetch, fetch_dicts
from domain.verdict import Accepted, Rejected, Verdict


def apply_rating_submitted(
    session: Session, batch: Batch[RatingSubmitted], now: datetime
) -> Effects:
    """Keep ratings and settle their events."""
    _claim_ids(session, batch)
    effects = Effects(_taken_ids(session, batch))
    batch = batch.without(effects.verdicts)
    _keep(session, batch)
    standings = _settle(session, {each.payload.event_id: each for each in batch}, effects, now=now)
    for submitted in batch:
        standing = standings[(submitted.payload.event_id, submitted.payload.rater_id)]
        if standing.fact.stamp.order != submitted.stamp.order:
            effects.verdicts[submitted.seq] = Accepted("another_stands")
        elif standing.why_not is not None:
            effects.verdicts[submitted.seq] = Accepted(standing.why_not)
    return effects


def apply_attendance_settled(
    session: Session, batch: Batch[AttendanceSettled], now: datetime
) -> Effects:
    """Settle events at which somebody's attendance changed."""
    effects = Effects()
    _settle(session, {each.payload.event_id: each for each in batch}, effects, now=now)
    return effects


def apply_event_settled(session: Session, batch: Batch[EventSettled], now: datetime) -> Effects:
    """Settle events that changed."""
    effects = Effects()
    _settle(session, {each.payload.event_id: each for each in batch}, effects, now=now)
    return effects


def _claim_ids(session: Session, batch: Batch[RatingSubmitted]) -> None:
    """Insert rows that don't count yet, and wait for whoever is just claiming the same ids."""
    listed = sorted(batch, key=lambda each: (each.payload.rating_id, each.stamp.order))
    execute(
        session,
        """
        INSERT INTO ratings
            (id, event_id, rater_id, host_id, host_rating_value, event_rating_value)
        SELECT said.id, said.event_id, said.rater_id, events.host_id, said.host, said.event
        FROM unnest(%(ids)s::uuid[], %(events)s::uuid[], %(raters)s::uuid[],
                %(host_stars)s::int[], %(event_stars)s::int[]) WITH ORDINALITY
            AS said (id, event_id, rater_id, host, event, place)
        JOIN events ON events.id = said.event_id
        ORDER BY said.place
        ON CONFLICT DO NOTHING
        """,
        ids=array(each.payload.rating_id for each in listed),
        events=array(each.payload.event_id for each in listed),
        raters=array(each.payload.rater_id for each in listed),
        host_stars=[each.payload.host_rating_value for each in listed],
        event_stars=[each.payload.event_rating_value for each in listed],
    )


def _taken_ids(session: Session, batch: Batch[RatingSubmitted]) -> dict[int, Verdict]:
    """Refuse ratings whose id another person's rating, or one of another event, has."""
    owners = {
        rating: (event, rater)
        for rating, event, rater in fetch(
            session,
            "SELECT id, event_id, rater_id FROM ratings WHERE id = ANY(%(ids)s::uuid[])",
            ids=array(each.payload.rating_id for each in batch),
        )
    }
    verdicts: dict[int, Verdict] = {}
    for each in batch:
        said = each.payload
        owner = owners.setdefault(said.rating_id, (said.event_id, said.rater_id))
        if owner != (said.event_id, said.rater_id):
            verdicts[each.seq] = Rejected("id_taken", "another rating has this rating_id")
    return verdicts


def _keep(session: Session, batch: Iterable[DomainEvent[RatingSubmitted]]) -> None:
    """Keep what was submitted."""
    listed = list(batch)
    execute(
        session,
        """
        INSERT INTO rating_facts (event_id, rater_id, time, id, source, kind, data)
        SELECT * FROM unnest(%(events)s::uuid[], %(raters)s::uuid[], %(times)s::timestamptz[],
            %(ids)s::text[], %(sources)s::text[], %(kinds)s::text[], %(data)s::jsonb[])
        ON CONFLICT DO NOTHING
        """,
        events=[each.payload.event_id for each in listed],
        raters=[each.payload.rater_id for each in listed],
        times=[each.time for each in listed],
        ids=[each.id for each in listed],
        sources=[each.source for each in listed],
        kinds=[each.payload.NAME for each in listed],
        data=[each.data for each in listed],
    )


def _settle(
    session: Session,
    causes: Mapping[str, DomainEvent[Payload]],
    effects: Effects,
    *,
    now: datetime,
) -> dict[tuple[str, str], Standing]:
    """Settle all ratings of the events, their summaries and their hosts' totals."""
    events = {row["id"]: row for row in _load_events(session, causes)}
    standings = _judge(session, events)
    _write_ratings(session, events, standings)
    counting: dict[str, list[Standing]] = {event: [] for event in events}
    for (event, _), each in standings.items():
        if each.why_not is None:
            counting[event].append(each)
    tallies = {event: tally(listed) for event, listed in counting.items()}
    feedback = _want_summaries(session, events, counting, now=now)
    _write_events(session, events, tallies, feedback=feedback)
    for host in _move_hosts(session, events, tallies):
        cause = next(causes[event] for event, row in events.items() if row["host_id"] == host)
        effects.follow(cause, HostRatingChanged(host_id=host))
    return standings


def _load_events(session: Session, events: Iterable[str]) -> list[dict[str, Any]]:
    """Read the events with their headcount and who leads them."""
    return fetch_dicts(
        session,
        """
        SELECT events.id, host_id, starts_at, ends_at, cancelled_at, completed_at,
            rating_count, host_rating_sum, event_rating_sum, told.comments_hash, told.summary,
            (SELECT count(*) FROM attendance AS seat
             WHERE seat.event_id = events.id AND seat.status IN ('attended', 'late')) AS headcount,
            ARRAY(SELECT helper.user_id FROM event_collaborators AS helper
             WHERE helper.event_id = events.id AND helper.user_id IS NOT NULL
                AND lower(helper.role) = 'co-host') AS co_hosts
        FROM events LEFT JOIN feedback_summaries AS told ON told.event_id = events.id
        WHERE events.id = ANY(%(ids)s)
        """,
        ids=list(events),
    )


def _judge(
    session: Session, events: Mapping[str, Mapping[str, Any]]
) -> dict[tuple[str, str], Standing]:
    """Choose and judge the rating of each person for each event."""
    rows = fetch(
        session,
        """
        SELECT said.event_id, said.rater_id, said.time, said.id, said.source, said.data,
            coalesce(seat.status IN ('attended', 'late'), false)
        FROM rating_facts AS said
        LEFT JOIN attendance AS seat
            ON seat.event_id = said.event_id AND seat.user_id = said.rater_id
        WHERE said.event_id = ANY(%(ids)s)
        """,
        ids=list(events),
    )
    facts: dict[tuple[str, str], list[Fact]] = {}
    took_part: dict[tuple[str, str], bool] = {}
    for event, rater, time, id_, source, data, present in rows:
        fact = Fact("rating.submitted", Stamp(time, id_, source), data)
        facts.setdefault((event, rater), []).append(fact)
        took_part[(event, rater)] = present
    return {
        (event, rater): settle_rating(
            sorted(said, key=lambda fact: fact.stamp.order),
            _window(events[event]),
            took_part=took_part[(event, rater)],
            leads=rater == events[event]["host_id"] or rater in events[event]["co_hosts"],
        )
        for (event, rater), said in facts.items()
    }


def _window(row: Mapping[str, Any]) -> Window:
    return Window(row["starts_at"], row["ends_at"], row["cancelled_at"] is not None)


def _write_ratings(
    session: Session,
    events: Mapping[str, Mapping[str, Any]],
    standings: Mapping[tuple[str, str], Standing],
) -> None:
    """Write the ratings that stand; a row that an API service has written itself is found."""
    rows = [
        {
            "id": each.fact.data["rating_id"],
            "event_id": event,
            "rater_id": rater,
            "host_id": events[event]["host_id"],
            "host_rating_value": each.fact.data["host_rating_value"],
            "event_rating_value": each.fact.data["event_rating_value"],
            "comment": each.fact.data.get("comment"),
            "counts": each.why_not is None,
            "rated_at": each.fact.stamp.time,
        }
        for (event, rater), each in sorted(standings.items())
    ]
    execute(
        session,
        """
        INSERT INTO ratings AS kept (id, event_id, rater_id, host_id, host_rating_value,
            event_rating_value, comment, counts, rated_at)
        SELECT id, event_id, rater_id, host_id, host_rating_value, event_rating_value, comment,
            counts, rated_at
        FROM jsonb_populate_recordset(NULL::ratings, %(rows)s::jsonb)
        ON CONFLICT (event_id, rater_id) DO UPDATE
        SET host_rating_value = excluded.host_rating_value,
            event_rating_value = excluded.event_rating_value, comment = excluded.comment,
            counts = excluded.counts, rated_at = excluded.rated_at, updated_at = now()
        WHERE (kept.host_rating_value, kept.event_rating_value, kept.comment, kept.counts,
                kept.rated_at)
            IS DISTINCT FROM (excluded.host_rating_value, excluded.event_rating_value,
                excluded.comment, excluded.counts, excluded.rated_at)
        """,
        rows=as_json(rows),
    )


def _want_summaries(
    session: Session,
    events: Mapping[str, Mapping[str, Any]],
    counting: Mapping[str, list[Standing]],
    *,
    now: datetime,
) -> dict[str, str]:
    """Want summaries of comments that have changed; give those that still hold, by event."""
    hashes = {
        event: wanted_summary(counting[event], completed=row["completed_at"] is not None)
        for event, row in events.items()
    }
    changed = {
        event: each for event, each in hashes.items() if each != events[event]["comments_hash"]
    }
    if changed:
        want(session, changed, now=now)
    return {event: row["summary"] for event, row in events.items() if event not in changed}


def _write_events(
    session: Session,
    events: Mapping[str, Mapping[str, Any]],
    tallies: Mapping[str, Tally],
    *,
    feedback: Mapping[str, str],
) -> None:
    """Write what each event adds to its host's rating, and its summary from completion on."""
    rows = []
    for event, row in events.items():
        told = tallies[event]
        completed = row["completed_at"] is not None
        summary = summarise(told, row["headcount"], feedback.get(event)) if completed else None
        rows.append(
            {
                "id": event,
                "rating_count": told.count,
                "host_rating_sum": told.host_sum,
                "event_rating_sum": told.event_sum,
                "event_summary": summary,
            }
        )
    execute(
        session,
        """
        UPDATE events SET rating_count = told.rating_count, host_rating_sum = told.host_rating_sum,
            event_rating_sum = told.event_rating_sum, event_summary = told.event_summary,
            updated_at = now()
        FROM jsonb_populate_recordset(NULL::events, %(rows)s::jsonb) AS told
        WHERE events.id = told.id
            AND (events.rating_count, events.host_rating_sum, events.event_rating_sum,
                events.event_summary)
            IS DISTINCT FROM (told.rating_count, told.host_rating_sum, told.event_rating_sum,
                told.event_summary)
        """,
        rows=as_json(rows),
    )


def _move_hosts(
    session: Session, events: Mapping[str, Mapping[str, Any]], tallies: Mapping[str, Tally]
) -> list[str]:
    """Add the difference of each event's part to its host's totals; give whose moved."""
    moved: dict[str, tuple[int, int]] = {}
    for event, row in events.items():
        counts, stars = moved.get(row["host_id"], (0, 0))
        told = tallies[event]
        moved[row["host_id"]] = (
            counts + told.count - row["rating_count"],
            stars + told.host_sum - row["host_rating_sum"],
        )
    hosts = sorted(host for host, difference in moved.items() if difference != (0, 0))
    if not hosts:
        return []
    execute(
        session,
        "SELECT id FROM host_profiles WHERE user_id = ANY(%(hosts)s) ORDER BY user_id FOR UPDATE",
        hosts=hosts,
    )
    execute(
        session,
        """
        UPDATE host_profiles AS kept SET rating_count = kept.rating_count + moved.count,
            rating_sum = kept.rating_sum + moved.stars, updated_at = now()
        FROM unnest(%(hosts)s::uuid[], %(counts)s::int[], %(stars)s::int[])
            AS moved (user_id, count, stars)
        WHERE kept.user_id = moved.user_id
        """,
        hosts=hosts,
        counts=[moved[host][0] for host in hosts],
        stars=[moved[host][1] for host in hosts],
    )
    return hosts
