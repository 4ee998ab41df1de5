"""Where somebody is reached on a channel, and whether they want to be reached there."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlmodel import Session

from domain.constants import MOST_PHONES, UNREACHABLE_FOR
from domain.envelope import Envelope, enclose
from domain.outbox import derived_id, publish_many
from domain.profiles.payloads import PushTokenRemoved
from domain.sql import array, as_json, execute, fetch
from domain.tables.handovers import AddressFactKind
from domain.tables.notifications import Channel

# Who says that a phone is gone.
SENDER: Final = "/workers/sender"
# What the newest fact about an address says of it: of what its owner wants; of all.
_NEWEST: Final = """
    LEFT JOIN LATERAL (
        SELECT fact.kind FROM address_facts AS fact
        WHERE fact.address_hash = encode(sha256(convert_to(users.{column}, 'UTF8')), 'hex')
            AND fact.kind IN ('stop', 'start')
        ORDER BY fact.said_at DESC, fact.id DESC LIMIT 1
    ) AS wish ON true
    LEFT JOIN LATERAL (
        SELECT fact.kind, fact.said_at FROM address_facts AS fact
        WHERE fact.address_hash = encode(sha256(convert_to(users.{column}, 'UTF8')), 'hex')
        ORDER BY fact.said_at DESC, fact.id DESC LIMIT 1
    ) AS newest ON true
"""
_OWN: Final = """
    SELECT told.id, NULL::uuid, users.{column}, wish.kind, newest.kind, newest.said_at
    FROM notifications AS told JOIN users ON users.id = told.user_id {newest}
    WHERE told.id = ANY(%(ids)s::uuid[]) AND users.{column} IS NOT NULL
"""
# A phone that was reached, or may have been, isn't tried again.
_PHONES: Final = f"""
    SELECT told.id, phone.id, phone.token, NULL::text, NULL::text, NULL::timestamptz
    FROM notifications AS told CROSS JOIN LATERAL (
        SELECT token.id, token.token FROM push_notification_tokens AS token
        WHERE token.user_id = told.user_id AND token.disabled_at IS NULL
            AND NOT EXISTS (
                SELECT FROM handovers AS earlier
                WHERE earlier.notification_id = told.id AND earlier.token_id = token.id
                    AND earlier.state <> 'put_back')
        ORDER BY token.created_at DESC, token.id LIMIT {MOST_PHONES}
    ) AS phone
    WHERE told.id = ANY(%(ids)s::uuid[])
"""
_STATEMENTS: Final = {
    Channel.PUSH: _PHONES,
    Channel.SMS: _OWN.format(column="phone_number", newest=_NEWEST.format(column="phone_number")),
    Channel.EMAIL: _OWN.format(column="email", newest=_NEWEST.format(column="email")),
}


class Address(NamedTuple):
    """Where a notification goes. `token_id` is that of a push token, whose text is the address."""

    text: str
    token_id: str | None = None


class Fact(NamedTuple):
    """That something became known of an address, by a message or a refusal with this id."""

    id: str
    address_hash: str
    kind: AddressFactKind
    said_at: datetime


def hash_text(text: str) -> str:
    """Give what an address, or a text, is known by where it need not be read.

    What isn't Unicode, as a provider may show it, is no text of ours, and has a hash all the same.
    """
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()


def read_addresses(
    session: Session, channel: Channel, ids: Sequence[str], *, now: datetime
) -> tuple[dict[str, list[Address]], dict[str, str]]:
    """Give the addresses of notifications, and of those that have none the reason."""
    found: dict[str, list[Address]] = {}
    reasons = dict.fromkeys(ids, "no_address")
    for identity, token_id, text, *facts in fetch(session, _STATEMENTS[channel], ids=array(ids)):
        reason = _why_not(facts, now=now)
        if reason is not None:
            reasons[identity] = reason
            continue
        reasons.pop(identity, None)
        found.setdefault(identity, []).append(Address(text, token_id))
    return found, reasons


def _why_not(facts: Sequence[Any], *, now: datetime) -> str | None:
    """Say why nothing goes to an address: a STOP ends with a START alone, the rest by itself."""
    wish, kind, said_at = facts
    if wish == AddressFactKind.STOP:
        return "stopped"
    if kind == AddressFactKind.UNREACHABLE and said_at > now - UNREACHABLE_FOR:
        return "unreachable"
    return None


def note_facts(session: Session, facts: Iterable[Fact]) -> int:
    """Keep what became known of addresses; give how much of it was new.

    What was heard before changes nothing, so that providers may repeat themselves.
    """
    rows: list[Mapping[str, object]] = [fact._asdict() for fact in facts]
    if not rows:
        return 0
    return execute(
        session,
        """
        INSERT INTO address_facts (id, address_hash, kind, said_at)
        SELECT id, address_hash, kind, said_at
        FROM jsonb_populate_recordset(NULL::address_facts, %(rows)s::jsonb) ORDER BY id
        ON CONFLICT (id) DO NOTHING
        """,
        rows=as_json(rows),
    )


class Unreached(NamedTuple):
    """That a provider said of an address that nothing will reach it any more, or may."""

    handover_id: str
    user_id: str
    address: str
    kind: AddressFactKind
    at: datetime


def let_go(session: Session, channel: Channel, unreached: Iterable[Unreached]) -> None:
    """Leave addresses alone that can't be reached, or whose owners want no more.

    A phone's token is removed by a domain event, as if its app had said so: registering it again
    enables it.
    """
    listed = list(unreached)
    if channel is Channel.PUSH:
        publish_many(session, [_removed(each) for each in listed])
        return
    note_facts(
        session,
        (Fact(each.handover_id, hash_text(each.address), each.kind, each.at) for each in listed),
    )


def _removed(unreached: Unreached) -> Envelope:
    return enclose(
        PushTokenRemoved(user_id=unreached.user_id, token=unreached.address),
        source=SENDER,
        time=unreached.at,
        id=derived_id("push_token.removed", unreached.handover_id),
    )
