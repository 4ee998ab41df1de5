"""`/api/ops/v1`: what the pages can do, for programs. JSON, and a token that is no cookie.

A program signs in with a name and a password and gets a token for 12 hours, which opens the API and
no page. Reads and writes are the pages' own (`domain/ops`).
"""

from typing import Any
from uuid import uuid4

from sqlmodel import Session
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from dashboard.answering import as_json, attempt, done, read_object
from dashboard.asking import (
    asked_of,
    cursor,
    delivery_filter,
    identity,
    moment,
    selection,
    text,
    whole,
    word,
)
from dashboard.context import context_of
from dashboard.guard import signed_in
from dashboard.problems import bearer_of, problem
from dashboard.signing import close_for, find_account, open_for
from domain.constants import BULK_RATE
from domain.ledger_queries import find_seqs
from domain.ops.acting import discard, restore, retry
from domain.ops.audit import AuditFilter, list_audit
from domain.ops.bulk import Order, cancel, start, undo
from domain.ops.listing import list_deliveries
from domain.ops.operations import find_operation
from domain.ops.tracing import tell_story
from domain.ops.triage import triage
from domain.tables.accounts import Via
from domain.tables.ops import BulkKind


async def open_session(request: Request) -> Response:
    """Sign a program in: `{"name", "password"}` gives `{"token"}`."""
    body = await read_object(request)
    account = await find_account(request, body.get("name", ""), body.get("password", ""))
    if isinstance(account, int):
        headers = {"Retry-After": str(account)}
        return problem(429, f"Too many tries. Wait {account} s.", headers=headers)
    if account is None:
        return problem(401, "That name and password don't belong together.")
    token = await open_for(context_of(request), account, via=Via.API)
    return as_json({"token": token, "role": account.role.value}, 201)


async def close_session(request: Request) -> Response:
    """End the token's life."""
    await close_for(context_of(request), signed_in(request).actor, bearer_of(request))
    return Response(status_code=204)


async def get_deliveries(request: Request) -> Response:
    """A page of deliveries by the filters of the page; `next` is the `after` of the next one."""
    context, asked = context_of(request), asked_of(request)
    wanted, after = delivery_filter(asked, context.clock()), cursor(asked)
    found = await context.look(lambda session: list_deliveries(session, wanted, after=after))
    next_ = str(found.after) if found.after else None
    return as_json({"deliveries": found.rows, "next": next_, "was_cut": found.was_cut})


async def get_domain_event(request: Request) -> Response:
    """All that became of one, by its id or its number."""
    sought = text(request.path_params, "id") or ""
    source = request.query_params.get("source")

    def read(session: Session) -> Any:
        found = find_seqs(session, sought, source)
        if len(found) > 1:
            raise HTTPException(409, "Several publishers used this id: add ?source=.")
        return tell_story(session, found[0][0]) if found else None

    if (story := await context_of(request).look(read)) is None:
        raise HTTPException(404, "There is no such domain event, or it is no longer kept.")
    told = [
        {"domain_event": key[0], "user_id": key[1], "template": key[2], "channel": key[3],
         "tries": tries}
        for key, tries in story.receipts.items()
    ]  # fmt: skip
    return as_json({"domain_event": story.traced, "audit": story.audit, "handovers": told})


async def get_dead(request: Request) -> Response:
    """What is dead, by handler and kind of error; numbers above `counted` mean more."""
    context = context_of(request)
    now = context.clock()
    return as_json(await context.look(lambda session: triage(session, now)))


async def get_audit(request: Request) -> Response:
    """A page of the log; the last line's id is the `after` of the next."""
    context, asked = context_of(request), asked_of(request)
    before, now = whole(asked, "after"), context.clock()
    wanted = AuditFilter(
        text(asked, "actor"),
        text(asked, "action"),
        moment(asked, "since", now),
        moment(asked, "until", now),
    )
    entries = await context.look(lambda session: list_audit(session, wanted, before=before))
    return as_json({"entries": entries})


async def retry_delivery(request: Request) -> Response:
    """Have one handler try it again: `{"seq", "handler"}`."""
    body, actor, now = (
        await read_object(request),
        signed_in(request).actor,
        context_of(request).clock(),
    )
    chosen = whole(body, "seq") or 0, text(body, "handler") or ""
    return await done(request, lambda session: retry(session, actor, chosen, now=now))


async def discard_delivery(request: Request) -> Response:
    """Give it up: `{"seq", "handler", "why"}`."""
    body, actor, now = (
        await read_object(request),
        signed_in(request).actor,
        context_of(request).clock(),
    )
    chosen, why = (whole(body, "seq") or 0, text(body, "handler") or ""), body.get("why", "")
    return await done(request, lambda session: discard(session, actor, chosen, why=why, now=now))


async def restore_delivery(request: Request) -> Response:
    """Take back that it was discarded: `{"seq", "handler"}`."""
    body, actor, now = (
        await read_object(request),
        signed_in(request).actor,
        context_of(request).clock(),
    )
    chosen = whole(body, "seq") or 0, text(body, "handler") or ""
    return await done(request, lambda session: restore(session, actor, chosen, now=now))


async def start_operation(request: Request) -> Response:
    """Do something to many, as many as are `expected` at most; see docs/ops-api.md."""
    body, actor, now = (
        await read_object(request),
        signed_in(request).actor,
        context_of(request).clock(),
    )
    bulk_id = uuid4()
    order = Order(
        kind=word(body, "kind", BulkKind) or BulkKind.RETRY,
        selection=selection(body, [], now),
        why=body.get("why", ""),
        expected=whole(body, "expected") or 0,
        rate=whole(body, "rate") or BULK_RATE,
        canary=body.get("canary", "true") not in ("false", "0"),
    )
    total = await attempt(
        request, lambda session: start(session, actor, order, identity=bulk_id, now=now)
    )
    return as_json({"id": str(bulk_id), "deliveries": total}, 202)


async def get_operation(request: Request) -> Response:
    """How one goes."""
    bulk_id = identity(request.path_params, "id")
    progress = await context_of(request).look(lambda session: find_operation(session, bulk_id))
    if progress is None:
        raise HTTPException(404, "There is no such operation; after 90 days they are forgotten.")
    return as_json(progress)


async def cancel_operation(request: Request) -> Response:
    """Leave alone what it has not come to."""
    bulk_id = identity(request.path_params, "id")
    actor, now = signed_in(request).actor, context_of(request).clock()
    return await done(request, lambda session: cancel(session, actor, bulk_id, now=now))


async def undo_operation(request: Request) -> Response:
    """Have what it discarded restored, by an operation of its own."""
    bulk_id, new = identity(request.path_params, "id"), uuid4()
    actor, now = signed_in(request).actor, context_of(request).clock()
    total = await attempt(
        request, lambda session: undo(session, actor, bulk_id, identity=new, now=now)
    )
    return as_json({"id": str(new), "deliveries": total}, 202)
