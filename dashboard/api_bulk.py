"""`/api/ops/v1/bulk`: the same to many deliveries, previewed, begun, looked at and ended."""

from uuid import UUID, uuid4

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from dashboard.answering import as_json, done, read_asked, read_object
from dashboard.asking import Asked, asked_of, identity, truth, uuid, whole, word
from dashboard.context import context_of
from dashboard.doing import attempt
from dashboard.filtering import selection
from dashboard.guard import signed_in
from dashboard.pages.bulk import look_at_operation, look_at_operations
from domain.constants import BULK_MOST, BULK_RATE, BULK_RATES
from domain.ops.beginning import Begun
from domain.ops.bulk import Order, cancel, start, undo
from domain.ops.previewing import preview_bulk
from domain.tables.ops import BulkKind


async def get_operations(request: Request) -> Response:
    """A page of bulk operations, the newest first; `next` is the `after` of the next one."""
    operations, after = await look_at_operations(request)
    return as_json({"operations": operations, "next": str(after) if after else None})


async def preview_operation(request: Request) -> Response:
    """How many a selection holds just now, and whether the first are still worth a try."""
    context, asked = context_of(request), asked_of(request)
    now = context.clock()
    chosen = selection(asked, [], now)
    found = await context.look(lambda session: preview_bulk(session, chosen, now=now))
    sample = [
        {"seq": seq, "handler": handler, "prospect": prospect}
        for (seq, handler), prospect in found.sample.items()
    ]
    said = {"words": found.words, "count": found.count, "most": BULK_MOST, "rates": BULK_RATES}
    return as_json(said | {"sample": sample, "stale": found.stale})


async def start_operation(request: Request) -> Response:
    """Do something to many, as many as are `expected` at most; see docs/ops-api.md."""
    body, actor, now = await read_asked(request)
    bulk_id = _id_of(body)
    kind, canary = word(body, "kind", BulkKind) or BulkKind.RETRY, truth(body, "canary")
    if canary is None and kind is BulkKind.RETRY:
        raise HTTPException(422, "Say whether one goes first: canary is true or false.")
    order = Order(
        kind=kind,
        selection=selection(body, [], now),
        why=body.get("why", ""),
        expected=whole(body, "expected") or 0,
        rate=whole(body, "rate") or BULK_RATE,
        canary=bool(canary),
    )
    begun = await attempt(
        request, lambda session: start(session, actor, order, identity=bulk_id, now=now)
    )
    return _begun(begun)


async def get_operation(request: Request) -> Response:
    """How a bulk operation goes: its deliveries by what became of them."""
    return as_json(await look_at_operation(request))


async def cancel_operation(request: Request) -> Response:
    """End an operation: what it has not come to is left alone. 409 if it was over."""
    bulk_id = identity(request.path_params, "id")
    actor, now = signed_in(request).actor, context_of(request).clock()
    return await done(request, lambda session: cancel(session, actor, bulk_id, now=now))


async def undo_operation(request: Request) -> Response:
    """Have all that an operation discarded restored by another one: `{"id"}`, or nothing at all."""
    bulk_id = identity(request.path_params, "id")
    body = await read_object(request, is_optional=True)
    new, actor, now = _id_of(body), signed_in(request).actor, context_of(request).clock()
    begun = await attempt(
        request, lambda session: undo(session, actor, bulk_id, identity=new, now=now)
    )
    return _begun(begun)


def _id_of(body: Asked) -> UUID:
    """Give the id that whoever asks has chosen, so that it is begun once however often it comes."""
    return uuid(body, "id") if "id" in body else uuid4()


def _begun(begun: Begun) -> Response:
    """202 for a new one; 200 for one that was begun by an earlier sending of the same id."""
    said = {"id": str(begun.id), "deliveries": begun.total}
    return as_json(said, 202 if begun.is_new else 200)
