"""`/api/ops/v1`: what the pages can do, for programs. JSON, and a token that is no cookie.

A program signs in with a name and a password and gets a token for 12 hours, which opens the API and
no page. Reads and writes are the pages' own (`domain/ops`).
"""

from typing import Any

from sqlmodel import Session
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from dashboard.answering import as_json, as_page, done, read_asked, read_object
from dashboard.asking import asked_of, moment, text, whole
from dashboard.context import context_of
from dashboard.filtering import cursor, delivery_filter
from dashboard.guard import signed_in
from dashboard.pages.domain_event import NO_DOMAIN_EVENT
from dashboard.problems import bearer_of, problem
from dashboard.signing import close_for, find_account, open_for
from domain.ledger_queries import find_seqs
from domain.ops.acting import discard, restore, retry
from domain.ops.audit import AuditFilter, list_audit
from domain.ops.listing import list_deliveries
from domain.ops.tracing import tell_story
from domain.ops.triage import triage
from domain.tables.accounts import Via


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
    """A page of deliveries, by the filters of `/deliveries`; `next` is the next page's `after`."""
    context, asked = context_of(request), asked_of(request)
    wanted, after = delivery_filter(asked, context.clock()), cursor(asked)
    found = await context.look(lambda session: list_deliveries(session, wanted, after=after))
    return as_page("deliveries", found)


async def get_domain_event(request: Request) -> Response:
    """All that became of a domain event, by its id or its number; 409 if several have the id."""
    sought = text(request.path_params, "id") or ""
    source = request.query_params.get("source")

    def read(session: Session) -> Any:
        found = find_seqs(session, sought, source)
        if len(found) > 1:
            raise HTTPException(409, "Several publishers used this id: add ?source=.")
        return tell_story(session, found[0][0]) if found else None

    if (story := await context_of(request).look(read)) is None:
        raise HTTPException(404, NO_DOMAIN_EVENT)
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
    """A page of the audit log; the last line's id is the `after` of the next."""
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
    body, actor, now = await read_asked(request)
    chosen = whole(body, "seq") or 0, text(body, "handler") or ""
    return await done(request, lambda session: retry(session, actor, chosen, now=now))


async def discard_delivery(request: Request) -> Response:
    """Give it up: `{"seq", "handler", "why"}`."""
    body, actor, now = await read_asked(request)
    chosen, why = (whole(body, "seq") or 0, text(body, "handler") or ""), body.get("why", "")
    return await done(request, lambda session: discard(session, actor, chosen, why=why, now=now))


async def restore_delivery(request: Request) -> Response:
    """Take back that it was discarded: `{"seq", "handler"}`."""
    body, actor, now = await read_asked(request)
    chosen = whole(body, "seq") or 0, text(body, "handler") or ""
    return await done(request, lambda session: restore(session, actor, chosen, now=now))
