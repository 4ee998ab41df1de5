"""Applies kudos: rows are kept, and what they add to scores is moved by the difference.

The hot path: each statement takes the whole batch, and the cost of one more doesn't grow with how
many there are, since only the pairs of giver and receiver that change are counted.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from sqlmodel import Session

from domain.attendance.payloads import AttendanceSettled
from domain.batch import Batch, DomainEvent, Effects
from domain.blocks import events_of_both, load_blocks
from domain.gatherings.payloads import EventSettled
from domain.kudos.keeping import Key, Said, as_keys, keep_again, keep_new, lock_times
from domain.kudos.payloads import KudosGiven, KudosSettled
from domain.kudos.rules import Occasion, Standing, judge_kudos, settle_kudos
from domain.kudos.scoring import Change, lock_receivers, score
from domain.payload import Payload
from domain.safety.payloads import BlockSettled
from domain.sql import array, fetch
from domain.things import Hold, lock
from domain.verdict import Accepted, Rejected, Verdict


def apply_kudos_given(session: Session, batch: Batch[KudosGiven], now: datetime) -> Effects:
    """Keep kudos and add what they are worth to the receivers' scores."""
    del now
    verdicts: dict[int, Verdict] = {}
    for given in batch:
        refusal = judge_kudos(given.payload.giver_id, given.payload.receiver_id)
        if refusal is not None:
            verdicts[given.seq] = refusal
    rest = batch.without(verdicts)
    said = _gather(rest)
    if not said:
        return Effects(verdicts)
    standings = _settle(session, {key: each.times for key, each in said.items()})
    new = keep_new(session, said, standings)
    repeated = {key: each for key, each in said.items() if key not in new}
    found = keep_again(session, repeated) if repeated else set()
    # Locked as late as possible: under a flood every batch wants the same popular people.
    counted = lock_receivers(session, (key[0] for key in said))
    turned = score(session, [_change(key, +1) for key in new if standings[key].counts], counted)
    judged_again, turned_again = _settle_again(session, found)
    standings |= judged_again
    verdicts |= _say(rest, standings, taken=repeated.keys() - found)
    turned |= turned_again
    thanked = {each.payload.receiver_id: each for each in rest} if turned else {}
    return _telling({receiver: thanked[receiver] for receiver in turned}, verdicts)


def apply_attendance_settled(
    session: Session, batch: Batch[AttendanceSettled], now: datetime
) -> Effects:
    """Judge again the kudos that people gave or got at events where their attendance changed."""
    del now
    rows = fetch(
        session,
        """
        SELECT DISTINCT row.receiver_id, row.giver_id, row.event_id, row.kudo
        FROM unnest(%(events)s::uuid[], %(users)s::uuid[]) AS moved (event_id, user_id)
        JOIN attendee_kudos AS row ON row.event_id = moved.event_id
            AND (row.giver_id = moved.user_id OR row.receiver_id = moved.user_id)
        """,
        events=array(each.payload.event_id for each in batch),
        users=array(each.payload.user_id for each in batch),
    )
    causes = {each.payload.event_id: each for each in batch}
    return _judge_again(session, as_keys(rows), causes)


def apply_event_settled(session: Session, batch: Batch[EventSettled], now: datetime) -> Effects:
    """Judge again all kudos of events that changed."""
    del now
    rows = fetch(
        session,
        "SELECT receiver_id, giver_id, event_id, kudo FROM attendee_kudos"
        " WHERE event_id = ANY(%(events)s::uuid[])",
        events=array(each.payload.event_id for each in batch),
    )
    causes = {each.payload.event_id: each for each in batch}
    return _judge_again(session, as_keys(rows), causes)


def _judge_again(
    session: Session, keys: Collection[Key], causes: Mapping[str, DomainEvent[Payload]]
) -> Effects:
    """Judge kept kudos again; `causes` says why, by event."""
    _, turned = _settle_again(session, keys)
    return _telling({key[0]: causes[key[2]] for key in keys if key[0] in turned}, {})


def _telling(turned: Mapping[str, DomainEvent[Payload]], verdicts: dict[int, Verdict]) -> Effects:
    """Have `kudos.settled` follow for those who are widely thanked now, or no longer.

    Only then: a follow-up for every batch would cost all kudos what concerns hardly any.
    """
    effects = Effects(verdicts)
    for receiver, cause in sorted(turned.items()):
        effects.follow(cause, KudosSettled(user_id=receiver))
    return effects


def apply_block_settled(session: Session, batch: Batch[BlockSettled], now: datetime) -> Effects:
    """Judge again the kudos between people of whom one blocked the other, or ended that."""
    del now
    pairs = {(each.payload.blocker_id, each.payload.blocked_id) for each in batch}
    # Whoever judges kudos holds their event for share: once we have it, theirs are there to find.
    events = lock(session, "event", events_of_both(session, pairs), Hold.CHANGE)
    rows = fetch(
        session,
        """
        SELECT row.receiver_id, row.giver_id, row.event_id, row.kudo
        FROM unnest(%(receivers)s::uuid[], %(givers)s::uuid[]) AS pair (receiver_id, giver_id)
        JOIN attendee_kudos AS row USING (receiver_id, giver_id)
        WHERE row.event_id = ANY(%(events)s::uuid[])
        """,
        receivers=array([*(pair[0] for pair in pairs), *(pair[1] for pair in pairs)]),
        givers=array([*(pair[1] for pair in pairs), *(pair[0] for pair in pairs)]),
        events=array(events),
    )
    # Which pair was at which event doesn't matter: any of them tells what it followed from.
    return _judge_again(session, as_keys(rows), dict.fromkeys(events, next(iter(batch))))


def _gather(batch: Iterable[DomainEvent[KudosGiven]]) -> dict[Key, Said]:
    """Put together what the batch says about the same kudos; the first of them names the row."""
    said: dict[Key, Said] = {}
    for given in batch:
        key = _key(given.payload)
        if key in said:
            said[key].times.append(given.time)
        else:
            said[key] = Said(given.payload.kudos_id, [given.time])
    return said


def _key(said: KudosGiven) -> Key:
    return (said.receiver_id, said.giver_id, said.event_id, said.kudo)


def _settle(session: Session, times: Mapping[Key, list[datetime]]) -> dict[Key, Standing]:
    """Judge kudos by their events, who took part and blocks, read under the events' locks."""
    occasions = {
        event: (Occasion(starts, ends, cancelled), host)
        for event, host, starts, ends, cancelled in fetch(
            session,
            "SELECT id, host_id, starts_at, ends_at, cancelled_at IS NOT NULL FROM events"
            " WHERE id = ANY(%(events)s::uuid[])",
            events=array({key[2] for key in times}),
        )
    }
    present = _present(session, times)
    blocks = load_blocks(session, (person for key in times for person in key[:2]))
    standings = {}
    for key, said in times.items():
        receiver, giver, event, _ = key
        occasion, host = occasions[event]
        both = (receiver == host or (event, receiver) in present) and (
            giver == host or (event, giver) in present
        )
        # Hardly ever is anybody blocked: then it costs no more than this look.
        barred = [time for time in said if blocks.stood(giver, receiver, at=time)] if blocks else ()
        standings[key] = settle_kudos(said, occasion, both_took_part=both, blocked=barred)
    return standings


def _present(session: Session, keys: Iterable[Key]) -> set[tuple[str, str]]:
    """Give those (event, person) among givers and receivers who attended or were late."""
    pairs = {(event, person) for to, by, event, _ in keys for person in (to, by)}
    rows = fetch(
        session,
        """
        SELECT asked.event_id, asked.user_id
        FROM unnest(%(events)s::uuid[], %(users)s::uuid[]) AS asked (event_id, user_id)
        CROSS JOIN LATERAL (
            -- A limit keeps this a probe of the index for each, whatever the statistics say.
            SELECT status FROM attendance AS seat
            WHERE seat.event_id = asked.event_id AND seat.user_id = asked.user_id LIMIT 1
        ) AS seat
        WHERE seat.status IN ('attended', 'late')
        """,
        events=array(event for event, _ in pairs),
        users=array(person for _, person in pairs),
    )
    return set(rows)


def _settle_again(session: Session, keys: Iterable[Key]) -> tuple[dict[Key, Standing], set[str]]:
    """Judge kept kudos again and move scores by the difference; see `score` for the second."""
    listed_keys = sorted(set(keys))
    if not listed_keys:
        return {}, set()
    # Kudos first, then their receivers, as `apply_kudos_given` does: nobody waits in a circle.
    standings = _settle(session, lock_times(session, listed_keys))
    counted = lock_receivers(session, (key[0] for key in listed_keys))
    listed = sorted(standings.items())
    rows = fetch(
        session,
        """
        UPDATE attendee_kudos AS kept SET counts = judged.counts, given_at = judged.given_at
        FROM unnest(%(receivers)s::uuid[], %(givers)s::uuid[], %(events)s::uuid[],
            %(kudos)s::text[], %(counts)s::boolean[], %(given)s::timestamptz[])
            AS judged (receiver_id, giver_id, event_id, kudo, counts, given_at)
        WHERE kept.receiver_id = judged.receiver_id AND kept.giver_id = judged.giver_id
            AND kept.event_id = judged.event_id AND kept.kudo = judged.kudo
            AND (kept.counts, kept.given_at) IS DISTINCT FROM (judged.counts, judged.given_at)
        RETURNING kept.receiver_id, kept.giver_id, kept.event_id, kept.kudo, old.counts, new.counts
        """,
        receivers=array(key[0] for key, _ in listed),
        givers=array(key[1] for key, _ in listed),
        events=array(key[2] for key, _ in listed),
        kudos=array(key[3].value for key, _ in listed),
        counts=array(str(standing.counts) for _, standing in listed),
        given=array(standing.given_at.isoformat() for _, standing in listed),
    )
    changes = [
        Change(to, by, kudo, int(after) - int(before)) for to, by, _, kudo, before, after in rows
    ]
    turned = score(session, [change for change in changes if change.difference], counted)
    return standings, turned


def _change(key: Key, difference: int) -> Change:
    return Change(key[0], key[1], key[3].value, difference)


def _say(
    batch: Iterable[DomainEvent[KudosGiven]],
    standings: Mapping[Key, Standing],
    *,
    taken: Collection[Key],
) -> dict[int, Verdict]:
    """Say why kudos don't count, and refuse those whose id other kudos have."""
    verdicts: dict[int, Verdict] = {}
    for given in batch:
        key = _key(given.payload)
        if key in taken:
            verdicts[given.seq] = Rejected("id_taken", "other kudos have this kudos_id")
        elif standings[key].why_not is not None:
            verdicts[given.seq] = Accepted(standings[key].why_not)
    return verdicts
