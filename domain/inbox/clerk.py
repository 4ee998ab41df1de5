"""Takes Clerk's events in: who has an account with us is told of, who hasn't is waited for.

Clerk knows no birth date, so it can't register anybody: a service does, with Clerk's id. What was
told of somebody before that is kept sealed with a key that goes with the id, and published once
they are there. Which of several changes stands is judged by their times, as everywhere.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any, Final

from pydantic import ValidationError
from pydantic_core import from_json
from sqlmodel import Session

from domain.envelope import CLERK_SOURCE, Envelope, enclose
from domain.inbox.clerk_events import CHANGED, DELETED, ClerkEvent
from domain.inbox.containing import contained
from domain.inbox.taking import PAGE, Taken
from domain.outbox import derived_id, publish_many
from domain.payload import Payload
from domain.sealing import Written, destroy_keys, seal, unseal
from domain.sql import execute, fetch
from domain.tables.inbox import InboxState
from domain.users.payloads import UserDeleted, UserUpdated

WAITS: Final = "clerk:"


def take_clerk(session: Session, event: ClerkEvent) -> Taken:
    """Keep an event and do what follows from it, unless it is known."""
    payload, reason = _meant(event)
    person = _find(session, event.clerk_id) if payload is not None else None
    state = _state(payload, reason, is_known=person is not None)
    said = None
    if payload is not None and person is None:
        said = seal(session, [_enclosed(event, payload)])[0].data
    if not _keep(session, event, Taken(state, reason, set()), said=said):
        return Taken("known", None, set(), is_new=False)
    if person is not None and payload is not None:
        ours = payload.model_copy(update={"user_id": person})
        publish_many(session, [_enclosed(event, ours)])
        return Taken(state, reason, {payload.TYPE})
    if event.type == DELETED and event.clerk_id is not None:
        # What was told of them, or is told later, can't be read any more.
        destroy_keys(session, [stand_in(event.clerk_id)])
    return Taken(state, reason, set())


def clerk_arrived(session: Session, now: datetime) -> int:
    """Publish what was told of people who have registered by now; give how much there was."""
    del now
    rows = fetch(
        session,
        """
        SELECT inbox.id, inbox.type, inbox.object_id, inbox.said_at, inbox.said::text, users.id
        FROM inbox JOIN users ON users.clerk_id = inbox.object_id
        WHERE inbox.provider = 'clerk' AND inbox.awaits IS NOT NULL
        ORDER BY inbox.id LIMIT %(limit)s FOR UPDATE OF inbox
        """,
        limit=PAGE,
    )
    for row in rows:
        code = contained(session, partial(_publish, session, row), otherwise=_code)
        _settle(session, row[0], code)
    return len(rows)


def wait_again(session: Session, identity: str) -> bool:
    """Have what is held, and of which anything is kept, tried again; say whether there is such."""
    return (
        execute(
            session,
            "UPDATE inbox SET state = 'waiting', reason = 'not_registered',"
            " awaits = %(waits)s || object_id WHERE provider = 'clerk' AND id = %(id)s"
            " AND state = 'held' AND said IS NOT NULL",
            id=identity,
            waits=WAITS,
        )
        == 1
    )


def _code(code: str) -> str | None:
    return code


def _publish(session: Session, row: Sequence[Any]) -> None:
    publish_many(session, [_opened(session, *row)])


def _settle(session: Session, identity: str, trouble: str | None) -> None:
    """Write that it is published; or that it can't be, which keeps it for ops to see."""
    execute(
        session,
        "UPDATE inbox SET state = CASE WHEN %(broken)s THEN 'held' ELSE 'done' END,"
        " reason = %(trouble)s, awaits = NULL, said = CASE WHEN %(broken)s THEN said END,"
        " settled_at = CASE WHEN NOT %(broken)s THEN now() END"
        " WHERE provider = 'clerk' AND id = %(id)s",
        broken=trouble is not None,
        trouble=trouble,
        id=identity,
    )


def stand_in(clerk_id: str) -> str:
    """Give the id under which somebody's values are sealed until they have one of ours."""
    return derived_id("clerk", "person", clerk_id)


def _meant(event: ClerkEvent) -> tuple[Payload | None, str | None]:
    """Say what an event means, of a stand-in; or why it means nothing."""
    if event.type not in (*CHANGED, DELETED):
        return None, "not_needed"
    if event.clerk_id is None:
        return None, "names_nobody"
    person = stand_in(event.clerk_id)
    if event.type == DELETED:
        return UserDeleted(user_id=person), None
    if not event.given:
        return None, "nothing_said"
    try:
        return UserUpdated.model_validate({"user_id": person, **event.given}), None
    except ValidationError:
        # Valid at Clerk, and no value of ours.
        return None, "out_of_bounds"


def _state(payload: Payload | None, reason: str | None, *, is_known: bool) -> InboxState:
    if payload is not None:
        return InboxState.DONE if is_known else InboxState.WAITING
    is_open = reason in ("names_nobody", "out_of_bounds")
    return InboxState.HELD if is_open else InboxState.IGNORED


def _keep(session: Session, event: ClerkEvent, taken: Taken, *, said: str | None) -> bool:
    """Keep an event with what became of it; whether it is new."""
    waits = taken.state == InboxState.WAITING
    count = execute(
        session,
        "INSERT INTO inbox (provider, id, type, object_id, said_at, said, state, reason, awaits,"
        " settled_at) VALUES ('clerk', %(id)s, %(type)s, %(clerk)s, %(at)s, %(said)s::jsonb,"
        " %(state)s, %(reason)s, %(awaits)s, CASE WHEN %(settled)s THEN now() END)"
        " ON CONFLICT DO NOTHING",
        id=event.id,
        type=event.type,
        clerk=event.clerk_id,
        at=event.at,
        said=said,
        state=taken.state,
        reason="not_registered" if waits else taken.reason,
        awaits=f"{WAITS}{event.clerk_id}" if waits else None,
        settled=taken.state in (InboxState.DONE, InboxState.IGNORED),
    )
    return count == 1


def _find(session: Session, clerk_id: str | None) -> str | None:
    rows = fetch(session, "SELECT id FROM users WHERE clerk_id = %(clerk)s", clerk=clerk_id)
    return rows[0][0] if rows else None


def _enclosed(event: ClerkEvent, payload: Payload) -> Envelope:
    """Put it into an envelope named by Svix's id, the same of the stand-in and of the person."""
    identity = derived_id("clerk", event.id)
    return enclose(payload, source=CLERK_SOURCE, time=event.at, id=identity)


def _opened(session: Session, *row: Any) -> Envelope:
    """Open what was kept of somebody, and say it of the person."""
    identity, kind, clerk_id, at, text, person = row
    payload: type[Payload] = UserDeleted if kind == DELETED else UserUpdated
    written = Written(CLERK_SOURCE, derived_id("clerk", identity), text)
    (opened,) = unseal(session, payload, [written])
    said = payload.model_validate({**from_json(opened), "user_id": person})
    return _enclosed(ClerkEvent(identity, kind, at, clerk_id, {}), said)
