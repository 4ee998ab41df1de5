"""Applies what people say to each other: one conversation for two who met, and its messages."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlmodel import Session

from domain.batch import Batch, DomainEvent, Effects
from domain.messaging.facts import find_conversations, load_standings, load_talks
from domain.messaging.payloads import ConversationStarted, MessageSent
from domain.messaging.rules import Pair, judge_identity, judge_message, judge_start
from domain.once import keep_once, stamped
from domain.sql import array, execute
from domain.things import Hold, lock, meeting_of
from domain.verdict import Verdict

Starts = Iterable[DomainEvent[ConversationStarted]]


def apply_conversation_started(
    session: Session, batch: Batch[ConversationStarted], now: datetime
) -> Effects:
    """Begin conversations of people who met; what was begun once stays."""
    del now
    # Those that were begun before, in key order, since messages in them lock them so as well.
    lock(session, "conversation", (each.payload.conversation_id for each in batch), Hold.CHANGE)
    known = _known(session, batch)
    verdicts = _judge_identities(batch, known)
    new = [each for each in batch.without(verdicts) if each.payload.conversation_id not in known]
    verdicts |= _judge_starts(session, new)
    _keep(session, batch.without(verdicts))
    # Two batches may have begun different ones for the same pair: one waited for the other.
    rest = batch.without(verdicts)
    verdicts |= _judge_identities(rest, _known(session, rest))
    _let_in(session, rest.without(verdicts))
    return Effects(verdicts)


def apply_message_sent(session: Session, batch: Batch[MessageSent], now: datetime) -> Effects:
    """Keep what participants say, and let each conversation point to its newest message."""
    del now
    talks = load_talks(session, (each.payload.conversation_id for each in batch))
    verdicts: dict[int, Verdict] = {}
    for sent in batch:
        talk = talks[sent.payload.conversation_id]
        refusal = judge_message(sent.payload.sender_id, talk.pair, blocked=talk.blocked)
        if refusal is not None:
            verdicts[sent.seq] = refusal
    accepted = batch.without(verdicts)
    verdicts |= keep_once(
        session,
        "messages",
        {each.seq: _columns(each) for each in accepted},
        owner=("conversation_id", "sender_id"),
        time="sent_at",
    )
    _point_to_newest(session, {each.payload.conversation_id for each in accepted})
    return Effects(verdicts)


def _known(session: Session, starts: Starts) -> dict[str, Pair]:
    """Give the conversations that have one of these ids, or are of one of these pairs."""
    said = [each.payload for each in starts]
    return find_conversations(
        session, (each.conversation_id for each in said), (each.pair for each in said)
    )


def _judge_identities(starts: Starts, known: Mapping[str, Pair]) -> dict[int, Verdict]:
    """Refuse ids and pairs that are taken."""
    by_pair = {pair: conversation for conversation, pair in known.items()}
    verdicts: dict[int, Verdict] = {}
    for started in starts:
        said = started.payload
        refusal = judge_identity(said.conversation_id, said.pair, by_id=known, by_pair=by_pair)
        if refusal is not None:
            verdicts[started.seq] = refusal
    return verdicts


def _judge_starts(session: Session, starts: Starts) -> dict[int, Verdict]:
    """Refuse conversations across a block, and have those who haven't met wait for that."""
    listed = list(starts)
    if not listed:
        return {}
    standings = load_standings(session, (each.payload.pair for each in listed))
    verdicts: dict[int, Verdict] = {}
    for started in listed:
        pair = started.payload.pair
        blocked, met = standings[pair]
        verdict = judge_start(blocked=blocked, met=met, awaits=meeting_of(*pair))
        if verdict is not None:
            verdicts[started.seq] = verdict
    return verdicts


def _keep(session: Session, starts: Starts) -> None:
    """Insert conversations, of two ids for a pair the earlier; of two starts the earlier stands.

    In the order of pairs, so that of two batches with the same pairs one waits for the other.
    """
    earliest: dict[str, DomainEvent[ConversationStarted]] = {}
    for started in sorted(starts, key=lambda each: each.stamp.order):
        earliest.setdefault(started.payload.conversation_id, started)
    if not earliest:
        return
    # The sort is stable: of one pair the earlier comes first.
    listed = sorted(earliest.values(), key=lambda each: each.payload.pair)
    execute(
        session,
        """
        INSERT INTO conversations AS kept (id, user_low, user_high, started_at, updated_at)
        SELECT id, user_low, user_high, started_at, started_at
        FROM unnest(%(ids)s::uuid[], %(lows)s::uuid[], %(highs)s::uuid[],
            %(times)s::timestamptz[]) AS said (id, user_low, user_high, started_at)
        ON CONFLICT DO NOTHING
        """,
        **_lists(listed),
    )
    execute(
        session,
        """
        UPDATE conversations AS kept SET started_at = said.started_at,
            updated_at = CASE WHEN kept.last_message_id IS NULL THEN said.started_at
                ELSE kept.updated_at END
        FROM unnest(%(ids)s::uuid[], %(lows)s::uuid[], %(highs)s::uuid[],
            %(times)s::timestamptz[]) AS said (id, user_low, user_high, started_at)
        WHERE kept.id = said.id AND kept.user_low = said.user_low
            AND kept.user_high = said.user_high AND said.started_at < kept.started_at
        """,
        **_lists(listed),
    )


def _lists(starts: Starts) -> dict[str, str]:
    """Turn starts into one array a column."""
    listed = [(each.payload.conversation_id, *each.payload.pair, each.time) for each in starts]
    return {
        "ids": array(row[0] for row in listed),
        "lows": array(row[1] for row in listed),
        "highs": array(row[2] for row in listed),
        "times": array(row[3].isoformat() for row in listed),
    }


def _let_in(session: Session, starts: Starts) -> None:
    """Write who takes part."""
    rows = sorted(
        {(each.payload.conversation_id, person) for each in starts for person in each.payload.pair}
    )
    if rows:
        execute(
            session,
            """
            INSERT INTO conversation_participants (conversation_id, user_id)
            SELECT * FROM unnest(%(conversations)s::uuid[], %(users)s::uuid[])
            ON CONFLICT DO NOTHING
            """,
            conversations=array(conversation for conversation, _ in rows),
            users=array(user for _, user in rows),
        )


def _columns(sent: DomainEvent[MessageSent]) -> dict[str, object]:
    """Give a message's columns."""
    said = sent.payload
    return {
        "id": said.message_id,
        **said.model_dump(include={"conversation_id", "sender_id", "content", "type"}),
        "storage_id": said.storage_id,
        **stamped(sent, time="sent_at"),
    }


def _point_to_newest(session: Session, conversations: Iterable[str]) -> None:
    """Write which message of each locked conversation is the newest, and when it was sent.

    What only an API service has written has no time yet, and isn't counted.
    """
    execute(
        session,
        """
        UPDATE conversations AS kept SET last_message_id = newest.id, updated_at = newest.sent_at
        FROM unnest(%(ids)s::uuid[]) AS asked (id)
        CROSS JOIN LATERAL (
            SELECT said.id, said.sent_at FROM messages AS said
            WHERE said.conversation_id = asked.id AND said.sent_at IS NOT NULL
            ORDER BY said.sent_at DESC, said.id DESC LIMIT 1
        ) AS newest
        WHERE kept.id = asked.id AND (kept.last_message_id, kept.updated_at)
            IS DISTINCT FROM (newest.id, newest.sent_at)
        """,
        ids=array(conversations),
    )
