"""`POST /v1/events`: from an authorised request to domain events in one transaction."""

import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlmodel import Session
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import JSONResponse

from domain.envelope import Envelope
from domain.outbox import publish_many
from domain.trace_context import trace_context
from gateway.body import read_body
from gateway.context import Context, context_of, database_trouble, finish
from gateway.problems import Kind, ProblemError
from gateway.quotas import Standing
from gateway.reading import Mode, check, mode_of, said_in, types_said
from workers.keys import Key, authenticate, note_use, still_stands

REALM: Final = 'Bearer realm="momento"'


class Outcome(NamedTuple):
    """What became of a request: what it held, how many of it were new, how its key stands."""

    envelopes: Sequence[Envelope]
    accepted: int
    standing: Standing | None


async def publish_events(request: Request) -> JSONResponse:
    """Publish what the request carries, all of it or nothing, and say how much of it was new."""
    context = context_of(request)
    now, started = context.clock(), time.perf_counter()
    with context.admission.request() as load:
        key = await _authenticate(request, context)
        context.rate.take(key.id)
        mode = mode_of(request.headers)
        limits = context.limits
        limit = limits.batch_bytes if mode is Mode.BATCH else limits.single_bytes
        raw = await read_body(request, limit, limits=limits, load=load)

        def work() -> Outcome:
            said = said_in(raw, mode, headers=request.headers)
            standing = limits.quotas.take(key, len(said))
            envelopes = in_trace(_checked(said, key=key, now=now), request.headers)
            accepted = _publish(envelopes, context, key=key)
            return Outcome(envelopes, accepted, standing)

        outcome = await finish(work, context)
    context.ringer.ring({each.type for each in outcome.envelopes})
    request.state.published = outcome
    duplicates = len(outcome.envelopes) - outcome.accepted
    answer = {"accepted": outcome.accepted, "duplicates": duplicates}
    milliseconds = round((time.perf_counter() - started) * 1_000, 1)
    context.log.info("domain_events.published", key=str(key.id), ms=milliseconds, **answer)
    return JSONResponse(answer, 202, outcome.standing.headers() if outcome.standing else None)


async def _authenticate(request: Request, context: Context) -> Key:
    """The key that the request bears; raises ProblemError (401)."""
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not secret.strip():
        raise ProblemError(
            Kind.UNAUTHENTICATED,
            "Send a key: Authorization: Bearer momento_...",
            headers={"WWW-Authenticate": REALM},
        )
    key = await _key_for(secret.strip(), context)
    if key is None:
        raise _refused()
    return key


def _refused() -> ProblemError:
    return ProblemError(
        Kind.UNAUTHENTICATED,
        "This key is unknown or revoked.",
        headers={"WWW-Authenticate": f'{REALM}, error="invalid_token"'},
    )


async def _key_for(secret: str, context: Context) -> Key | None:
    is_known, key = context.keyring.find(secret)
    if not is_known:
        asked_at = time.monotonic()
        key = await context.in_thread(lambda: _look_up(secret, context))
        context.keyring.remember(secret, key, asked_at=asked_at)
    return key


def _look_up(secret: str, context: Context) -> Key | None:
    with database_trouble(context), Session(context.engine) as session:
        key = authenticate(session, secret)
        if key is not None:
            note_use(session, key)
            session.commit()
    return key


def _checked(said: Sequence[Any], *, key: Key, now: datetime) -> list[Envelope]:
    """Check what the request holds; raises ProblemError (403, 422)."""
    if refused := sorted(name for name in types_said(said) if not key.allows(name)):
        message = f"This key may not publish {', '.join(refused)}."
        raise ProblemError(Kind.TYPE_NOT_ALLOWED, message, members={"types": refused})
    return check(said, now=now)


def in_trace(envelopes: list[Envelope], headers: Headers) -> list[Envelope]:
    """Have what names no trace belong to the request's, if that has one."""
    parents = headers.getlist("traceparent")
    found = trace_context(parents[0], ",".join(headers.getlist("tracestate"))) if parents else None
    # Of several nobody knows which is meant.
    if found is None or len(parents) > 1:
        return envelopes
    parent, state = found
    return [
        replace(each, traceparent=parent, tracestate=state) if each.traceparent is None else each
        for each in envelopes
    ]


def _publish(envelopes: Sequence[Envelope], context: Context, *, key: Key) -> int:
    """Publish in one transaction; give how many were new."""
    with database_trouble(context), Session(context.engine) as session:
        accepted = publish_many(session, envelopes)
        # The key was looked up seconds ago: revoked means at once. Asked last, so that whoever
        # revokes it waits for no more than this commit.
        if not still_stands(session, key):
            raise _refused()
        session.commit()
    return accepted
