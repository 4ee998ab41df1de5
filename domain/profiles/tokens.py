"""Push tokens: who has which, folded from who registered and who removed it.

Whoever touches a token holds the lock of the person who says so, then that of the token's row;
who registers one that has no row yet makes a row first. So two people's words about one token are
folded one after the other. What a provider says of a token (`disabled_reason` is its word then)
belongs beside these facts, as one of a kind of its own.
"""

from collections import defaultdict
from collections.abc import Container, Iterable, Mapping
from typing import Any

from pydantic_core import to_json
from sqlmodel import Session

from domain.batch import Batch, DomainEvent
from domain.deleted import ERASED, deletions, judge_late
from domain.payload import Stamp
from domain.profiles.payloads import PushTokenRegistered, PushTokenRemoved, token_hash
from domain.profiles.rules import TokenFact, TokenHeld, settle_token
from domain.sql import array, as_json, execute, fetch
from domain.things import Hold, lock
from domain.verdict import NEWER_STANDS, Accepted, Rejected, Verdict

Held = Mapping[str, TokenHeld | None]


def register_tokens(session: Session, batch: Batch[PushTokenRegistered]) -> dict[int, Verdict]:
    """Give tokens to who registered them last."""
    gone = deletions(session, (each.payload.user_id for each in batch))
    verdicts = _late(batch, gone)
    verdicts |= _ids_taken(session, batch.without(verdicts))
    accepted = batch.without(verdicts)
    # By those who are still there: a token whose last holder was deleted has no row.
    _make_rows(session, [each.payload for each in accepted if each.payload.user_id not in gone])
    _keep(session, accepted, gone=gone)
    held = _settle_said(session, accepted)
    for registered in accepted:
        said, now_held = registered.payload, held[token_hash(registered.payload.token)]
        if said.user_id in gone:
            verdicts[registered.seq] = ERASED
        elif now_held is None or now_held.by.stamp != registered.stamp:
            verdicts[registered.seq] = Accepted(NEWER_STANDS)
    return verdicts


def remove_tokens(session: Session, batch: Batch[PushTokenRemoved]) -> dict[int, Verdict]:
    """Disable tokens that the remover has; once they moved on to another it has no effect."""
    gone = deletions(session, (each.payload.user_id for each in batch))
    verdicts = _late(batch, gone)
    accepted = batch.without(verdicts)
    _keep(session, accepted, gone=gone)
    held = _settle_said(session, accepted)
    for removed in accepted:
        now_held = held[token_hash(removed.payload.token)]
        if removed.payload.user_id in gone:
            verdicts[removed.seq] = ERASED
        elif now_held is None or now_held.by.user_id != removed.payload.user_id:
            verdicts[removed.seq] = Accepted("not_registered")
        elif removed.stamp < now_held.by.stamp:
            verdicts[removed.seq] = Accepted(NEWER_STANDS)
    return verdicts


def settle_departed(session: Session, people: Iterable[str]) -> None:
    """Judge again the tokens of people who may have been deleted; their own rows are gone already.

    What they registered after the deletion never was: such a token goes back to who had it. Locks
    everybody who ever had one of these tokens, so the caller must hold nobody.
    """
    listed = list(people)
    shared = fetch(
        session,
        """
        SELECT DISTINCT own.token_hash, other.user_id
        FROM push_token_facts AS own JOIN push_token_facts AS other USING (token_hash)
        WHERE own.user_id = ANY(%(people)s::uuid[])
        """,
        people=array(listed),
    )
    lock(session, "user", [*listed, *(person for _, person in shared)], Hold.CHANGE)
    execute(
        session,
        "DELETE FROM push_token_facts AS fact USING users WHERE users.id = fact.user_id"
        " AND users.id = ANY(%(people)s::uuid[]) AND fact.time > users.deleted_at",
        people=array(listed),
    )
    _write(session, _settle(session, {token for token, _ in shared}))


def _texts(session: Session, batch: Iterable[DomainEvent[Any]]) -> list[str]:
    """Give the tokens of a batch as text; of one that is erased there, as somebody else said it."""
    said = {each.payload.token for each in batch}
    rows = fetch(
        session,
        "SELECT DISTINCT data ->> 'token' FROM push_token_facts"
        " WHERE token_hash = ANY(%(tokens)s::text[]) AND data ? 'token'",
        tokens=array(map(token_hash, said)),
    )
    return sorted(said | {text for (text,) in rows})


def _late(batch: Batch[Any], gone: Mapping[str, Any]) -> dict[int, Verdict]:
    refusals = {each.seq: judge_late(each, gone.get(each.payload.user_id)) for each in batch}
    return {seq: refusal for seq, refusal in refusals.items() if refusal is not None}


def _ids_taken(session: Session, batch: Batch[PushTokenRegistered]) -> dict[int, Verdict]:
    """Refuse ids under which another token was registered."""
    rows = fetch(
        session,
        "SELECT token_id, token_hash FROM push_token_facts WHERE token_id = ANY(%(ids)s::uuid[])",
        ids=array(each.payload.token_id for each in batch),
    )
    tokens = dict(rows)
    return {
        each.seq: Rejected("id_taken", "another token was registered under this token_id")
        for each in sorted(batch, key=lambda each: each.stamp.order)
        if tokens.setdefault(each.payload.token_id, token_hash(each.payload.token))
        != token_hash(each.payload.token)
    }


def _make_rows(session: Session, said: Iterable[PushTokenRegistered]) -> None:
    """Make a row for each token that has none, in the order of tokens; it is filled in later."""
    tokens = sorted({each.token: each for each in said}.items())
    execute(
        session,
        """
        INSERT INTO push_notification_tokens (id, user_id, token, platform)
        SELECT * FROM unnest(%(ids)s::uuid[], %(people)s::uuid[], %(tokens)s::text[],
            %(platforms)s::text[])
        ON CONFLICT DO NOTHING
        """,
        ids=array(each.token_id for _, each in tokens),
        people=array(each.user_id for _, each in tokens),
        tokens=[token for token, _ in tokens],
        platforms=array(each.platform for _, each in tokens),
    )


def _keep(session: Session, batch: Batch[Any], *, gone: Container[str]) -> None:
    """Lock the rows of tokens and keep what was said of them; of deleted people not the token."""
    listed = list(batch)
    execute(
        session,
        "SELECT FROM push_notification_tokens WHERE token = ANY(%(tokens)s::text[])"
        ' ORDER BY token COLLATE "C" FOR UPDATE',
        tokens=_texts(session, listed),
    )
    execute(
        session,
        """
        INSERT INTO push_token_facts (token_hash, user_id, token_id, time, id, source, kind, data)
        SELECT * FROM unnest(%(tokens)s::text[], %(people)s::uuid[], %(token_ids)s::uuid[],
            %(times)s::timestamptz[], %(ids)s::text[], %(sources)s::text[], %(kinds)s::text[],
            %(data)s::jsonb[])
        ON CONFLICT DO NOTHING
        """,
        tokens=array(token_hash(each.payload.token) for each in listed),
        people=array(each.payload.user_id for each in listed),
        token_ids=[getattr(each.payload, "token_id", None) for each in listed],
        times=array(each.time.isoformat() for each in listed),
        ids=[each.id for each in listed],
        sources=[each.source for each in listed],
        kinds=array(each.payload.NAME for each in listed),
        data=["{}" if each.payload.user_id in gone else _data(each) for each in listed],
    )


def _data(said: DomainEvent[PushTokenRegistered] | DomainEvent[PushTokenRemoved]) -> str:
    """What a registration is worth keeping for; of a removal nothing but who and when."""
    if isinstance(said.payload, PushTokenRemoved):
        return "{}"
    return to_json({"token": said.payload.token, "platform": said.payload.platform}).decode()


def _settle_said(session: Session, batch: Batch[Any]) -> Held:
    """Fold the tokens of a batch and write who has them; nobody's lose their rows."""
    held = _settle(session, (token_hash(each.payload.token) for each in batch))
    execute(
        session,
        "DELETE FROM push_notification_tokens WHERE token = ANY(%(tokens)s::text[])",
        tokens=[text for text in _texts(session, batch) if held[token_hash(text)] is None],
    )
    _write(session, held)
    return held


def _settle(session: Session, tokens: Iterable[str]) -> Held:
    """Fold all that was said about tokens, named by their hashes."""
    facts: defaultdict[str, list[TokenFact]] = defaultdict(list)
    wanted = sorted(set(tokens))
    for token, *stamp, user, deleted_at, token_id, data in fetch(
        session,
        """
        SELECT token_hash, time, fact.id, source, user_id, deleted_at, token_id, data
        FROM push_token_facts AS fact JOIN users ON users.id = fact.user_id
        WHERE token_hash = ANY(%(tokens)s::text[])
        """,
        tokens=array(wanted),
    ):
        said = data.get("token"), data.get("platform")
        facts[token].append(TokenFact(Stamp(*stamp), user, deleted_at, token_id, *said))
    return {token: settle_token(facts[token]) for token in wanted}


def _write(session: Session, held: Held) -> None:
    """Write who has each token that somebody has."""
    rows = [_row(each) for each in held.values() if each is not None]
    execute(
        session,
        """
        INSERT INTO push_notification_tokens AS kept (id, user_id, token, platform, disabled_at,
            disabled_reason, stamp_time, stamp_id, stamp_source)
        SELECT id, user_id, token, platform, disabled_at, disabled_reason, stamp_time, stamp_id,
            stamp_source
        FROM jsonb_populate_recordset(NULL::push_notification_tokens, %(rows)s::jsonb)
        ORDER BY token COLLATE "C"
        ON CONFLICT (token) DO UPDATE SET id = excluded.id, user_id = excluded.user_id,
            platform = excluded.platform, disabled_at = excluded.disabled_at,
            disabled_reason = excluded.disabled_reason, stamp_time = excluded.stamp_time,
            stamp_id = excluded.stamp_id, stamp_source = excluded.stamp_source,
            updated_at = now()
        """,
        rows=as_json(rows),
    )


def _row(held: TokenHeld) -> dict[str, Any]:
    return {
        "id": held.by.token_id,
        "user_id": held.by.user_id,
        "token": held.by.token,
        "platform": held.by.platform,
        "disabled_at": held.disabled_at,
        "disabled_reason": held.disabled_reason,
        "stamp_time": held.by.stamp.time,
        "stamp_id": held.by.stamp.id,
        "stamp_source": held.by.stamp.source,
    }
