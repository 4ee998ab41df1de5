"""`/keys`: who may publish over HTTP, and what; a key's secret is shown once, and never again."""

from datetime import timedelta
from typing import Any, Final
from uuid import uuid4

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from dashboard.asking import identity, whole
from dashboard.context import context_of
from dashboard.forms import Form
from dashboard.guard import signed_in
from dashboard.rendering import Page, render
from dashboard.saying import go_on
from domain.ops.acting import WrongRequestError
from workers.errors import CommandError
from workers.key_service import KeyOrder, order_key, revoke, rotate
from workers.keys import list_keys

# How long an old key still works beside the new one: hours, and how people say it.
OVERLAPS: Final = {0: "at once", 1: "after an hour", 24: "after a day", 168: "after a week"}


async def show_keys(request: Request) -> Page:
    """All of them, those in use first."""
    return await _page(request)


async def create_key(request: Request, form: Form) -> Response:
    """Make one, and show its secret."""
    context, actor = context_of(request), signed_in(request).actor
    now = context.clock()
    try:
        order = read_order(form)
        secret = await context.write(lambda session: order_key(session, actor, order, now=now))
    except WrongRequestError as error:
        page = await _page(request, fault=str(error), typed=form, status=409)
        return await render(request, page)
    return await _shown(request, secret, name=order.name)


async def rotate_key(request: Request, form: Form) -> Response:
    """Make one that follows another, and show its secret."""
    context, actor = context_of(request), signed_in(request).actor
    key_id, now = str(identity(request.path_params, "id")), context.clock()
    overlap = timedelta(hours=min(whole(form, "overlap") or 0, 10_000))
    try:
        rotated = await context.write(
            lambda session: rotate(session, actor, key_id, overlap=overlap, now=now)
        )
    except (WrongRequestError, CommandError) as error:
        raise HTTPException(409, str(error)) from None
    return await _shown(
        request, rotated.secret, name=rotated.key.name, old_ends_at=rotated.old_ends_at
    )


async def revoke_key(request: Request, form: Form) -> Response:
    """Make one useless, at once."""
    context, actor = context_of(request), signed_in(request).actor
    key_id, now = identity(request.path_params, "id"), context.clock()
    why = form.get("why", "")
    try:
        was_in_use = await context.write(
            lambda session: revoke(session, actor, key_id, why=why, now=now)
        )
    except WrongRequestError as error:
        raise HTTPException(422, str(error)) from None
    return go_on("/keys", "revoked" if was_in_use else "unchanged")


def read_order(form: Form) -> KeyOrder:
    """Read what a form wants a key to be."""
    return KeyOrder(
        identity(form, "id"),
        form.get("name", ""),
        tuple(form.get("types", "").replace(",", " ").split()),
        rate=whole(form, "rate"),
        burst=whole(form, "burst"),
    )


async def _page(
    request: Request, *, fault: str = "", typed: Form | None = None, status: int = 200
) -> Page:
    entries = await context_of(request).look(list_keys)
    now = context_of(request).clock()
    in_use = [
        each
        for each in entries
        if not each.revoked_at and not (each.ends_at and each.ends_at <= now)
    ]
    over = [each for each in entries if each not in in_use]
    values: dict[str, Any] = {
        "in_use": in_use,
        "over": over[::-1],
        "overlaps": OVERLAPS,
        "fault": fault,
        "typed": typed or {},
        # The same form sent twice makes one key.
        "identity": uuid4(),
    }
    return Page("API keys", "keys.html", values, status=status)


async def _shown(request: Request, secret: str, *, name: str, **more: Any) -> Response:
    """Show a secret in the answer alone: no URL, no log and no page later has it."""
    values = {"kind": "key", "name": name, "secret": secret, "old_ends_at": None, "back": "/keys"}
    return await render(request, Page("A new key", "secret.html", values | more))
