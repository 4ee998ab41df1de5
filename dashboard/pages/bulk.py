"""`/bulk`: what is done to many deliveries, how far it has come, and stopping or undoing it."""

from datetime import datetime
from urllib.parse import urlencode
from uuid import uuid5

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from dashboard.asking import asked_of, identity, uuid, whole, word
from dashboard.context import context_of
from dashboard.filtering import moment_cursor, selection
from dashboard.forms import Form
from dashboard.guard import signed_in
from dashboard.pages.dead import TYPED_ABOVE, preview
from dashboard.rendering import Page, render
from dashboard.saying import go_on
from domain.constants import BULK_RATE
from domain.ops.acting import WrongRequestError
from domain.ops.beginning import AlreadyBegunError, Begun
from domain.ops.bulk import Order, cancel, start, undo
from domain.ops.cursors import MomentCursor
from domain.ops.operations import PAGE, Operation, Progress, find_operation, list_operations
from domain.tables.ops import BulkKind


async def show_operations(request: Request) -> Page:
    """All of them, the newest first."""
    operations, after = await look_at_operations(request)
    is_first = not asked_of(request).get("after")
    values = {"operations": operations, "after": after, "is_first": is_first}
    return Page("Bulk operations", "operations.html", values, live=True)


async def look_at_operations(request: Request) -> tuple[list[Operation], MomentCursor | None]:
    """Read the page of them that the query asks for, and where the next one begins, if any."""
    after = moment_cursor(asked_of(request))
    found = await context_of(request).look(lambda session: list_operations(session, after=after))
    last = found[-1] if len(found) == PAGE else None
    return found, MomentCursor(last.created_at, last.id) if last else None


async def show_operation(request: Request) -> Page:
    """One, with its progress and what to look at."""
    bulk_id, progress = identity(request.path_params, "id"), await look_at_operation(request)
    title = f"{progress.operation.kind.capitalize()} of {progress.operation.total:,}"
    # One for this session and operation: the page stays what it is as long as nothing happens. An
    # undoing that was cancelled may be followed by another.
    undoing = uuid5(bulk_id, f"{signed_in(request).csrf} {progress.undoings}")
    values = {"progress": progress, "identity": undoing}
    return Page(title, "operation.html", values, live=True)


async def look_at_operation(request: Request) -> Progress:
    """Read how the operation goes that the path names, or answer 404."""
    bulk_id = identity(request.path_params, "id")
    progress = await context_of(request).look(lambda session: find_operation(session, bulk_id))
    if progress is None:
        raise HTTPException(404, "There is no such operation; after 90 days they are forgotten.")
    return progress


async def start_operation(request: Request, form: Form) -> Response:
    """Do what was previewed, unless more would be done than was confirmed; once for each form."""
    context, actor = context_of(request), signed_in(request).actor
    now, bulk_id = context.clock(), uuid(form, "id")
    try:
        order = read_order(form, now)
        begun = await context.write(
            lambda session: start(session, actor, order, identity=bulk_id, now=now)
        )
    except AlreadyBegunError as error:
        return go_on(f"/bulk/{error.bulk_id}", "bulk_there")
    except WrongRequestError as error:
        request.scope["query_string"] = _as_query(form)
        again = Request(request.scope, request.receive)
        again.state.signed_in = signed_in(request)
        page = await preview(again, form.all("pick"), fault=str(error), status=409)
        return await render(again, page)
    return _shown(begun)


def read_order(form: Form, now: datetime) -> Order:
    """Read what a form confirms; raises WrongRequestError if it confirms too little."""
    expected = whole(form, "expected") or 0
    if expected > TYPED_ABOVE and form.get("confirm", "").replace(",", "").strip() != str(expected):
        raise WrongRequestError(f"Type {expected} to say that you mean all of them.")
    return Order(
        kind=word(form, "kind", BulkKind) or BulkKind.RETRY,
        selection=selection(form, form.all("pick"), now),
        why=form.get("why", ""),
        expected=expected,
        rate=whole(form, "rate") or BULK_RATE,
        canary=form.get("canary") == "yes",
    )


async def cancel_operation(request: Request, _form: Form) -> Response:
    """Leave alone what it has not come to."""
    bulk_id = identity(request.path_params, "id")
    context, actor = context_of(request), signed_in(request).actor
    now = context.clock()
    was_open = await context.write(lambda session: cancel(session, actor, bulk_id, now=now))
    return go_on(f"/bulk/{bulk_id}", "bulk_cancelled" if was_open else "bulk_over")


async def undo_operation(request: Request, form: Form) -> Response:
    """Have what it discarded restored; once for each form."""
    bulk_id, new = identity(request.path_params, "id"), uuid(form, "id")
    context, actor = context_of(request), signed_in(request).actor
    now = context.clock()
    try:
        begun = await context.write(
            lambda session: undo(session, actor, bulk_id, identity=new, now=now)
        )
    except AlreadyBegunError as error:
        return go_on(f"/bulk/{error.bulk_id}", "bulk_there")
    except WrongRequestError as error:
        raise HTTPException(409, str(error)) from None
    return _shown(begun)


def _shown(begun: Begun) -> Response:
    return go_on(f"/bulk/{begun.id}", "bulk_started" if begun.is_new else "bulk_once")


def _as_query(form: Form) -> bytes:
    names = ("kind", "handler", "error", "died")
    return urlencode({name: form[name] for name in names if name in form}).encode()
