"""`/accounts`: who may sign in to the dashboard, as what; all of it admins' business."""

from collections.abc import Callable
from typing import Any

from sqlmodel import Session
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from dashboard.asking import word
from dashboard.context import context_of
from dashboard.forms import Form
from dashboard.guard import signed_in
from dashboard.rendering import Page, render
from dashboard.saying import go_on
from domain.ops.acting import WrongRequestError
from domain.tables.accounts import Role
from workers.account_service import (
    AccountOrder,
    account_entries,
    add_account,
    change_role,
    disable,
    enable,
    sign_out_everywhere,
)
from workers.accounts import hash_password, new_password


async def show_accounts(request: Request) -> Page:
    """All of them, with what can be done to each."""
    return await _page(request)


async def create_account(request: Request, form: Form) -> Response:
    """Make one with a password that is shown once, for whoever is to have it."""
    context, actor = context_of(request), signed_in(request).actor
    name, now, password = form.get("name", ""), context.clock(), new_password()
    role = word(form, "role", Role) or Role.VIEWER
    # Hashed outside the transaction, which would be held open for it.
    order = AccountOrder(name, role, await context.hash(lambda: hash_password(password)))
    try:
        await context.write(lambda session: add_account(session, actor, order, now=now))
    except WrongRequestError as error:
        page = await _page(request, fault=str(error), typed=form, status=409)
        return await render(request, page)
    values = {
        "kind": "password",
        "name": name.strip().lower(),
        "secret": password,
        "old_ends_at": None,
        "back": "/accounts",
    }
    return await render(request, Page("A new account", "secret.html", values))


async def change_account(request: Request, form: Form) -> Response:
    """Give it another role."""
    actor, name, now = _who(request)
    role = word(form, "role", Role)
    if role is None:
        raise HTTPException(422, "Say which role.")
    return await _do(
        request, lambda session: change_role(session, actor, name, role=role, now=now),
        said="role_changed",
    )  # fmt: skip


async def disable_account(request: Request, form: Form) -> Response:
    """Let nobody sign in with it."""
    actor, name, now = _who(request)
    why = form.get("why", "")
    return await _do(
        request, lambda session: disable(session, actor, name, why=why, now=now), said="disabled"
    )


async def enable_account(request: Request, _form: Form) -> Response:
    """Take that back."""
    actor, name, now = _who(request)
    return await _do(request, lambda session: enable(session, actor, name, now=now), said="enabled")


async def sign_out_account(request: Request, _form: Form) -> Response:
    """End every session of it."""
    actor, name, now = _who(request)
    return await _do(
        request,
        lambda session: sign_out_everywhere(session, actor, name, now=now) > 0,
        said="signed_out",
    )


def _who(request: Request) -> Any:
    return signed_in(request).actor, request.path_params["name"], context_of(request).clock()


async def _do(request: Request, work: Callable[[Session], bool], *, said: str) -> Response:
    try:
        was_done = await context_of(request).write(work)
    except WrongRequestError as error:
        raise HTTPException(422, str(error)) from None
    return go_on("/accounts", said if was_done else "unchanged")


async def _page(
    request: Request, *, fault: str = "", typed: Form | None = None, status: int = 200
) -> Page:
    context = context_of(request)
    now = context.clock()
    entries = await context.look(lambda session: account_entries(session, now=now))
    values = {"entries": entries, "roles": list(Role), "fault": fault, "typed": typed or {}}
    return Page("Accounts", "accounts.html", values, status=status)
