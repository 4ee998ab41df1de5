"""Signing in and out."""

from datetime import datetime

from sqlmodel import Session
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from dashboard.context import Context, context_of
from dashboard.cookies import FORM, SESSION
from dashboard.forms import Form, is_same, read_form
from dashboard.guard import signed_in, who_is
from dashboard.links import HOME, own_path
from dashboard.rendering import render_alone
from dashboard.sessions import close_session, is_token, new_token, open_session
from domain.ops.audit import Deed, record
from domain.ops.permissions import Actor
from domain.tables.accounts import Via
from workers.accounts import Account, find_known, is_right

WRONG = "That name and password don't belong together."
TOO_OLD = "This form was too old. Please try again."


async def show_sign_in(request: Request) -> Response:
    """The form; or where they wanted to go for who is signed in already."""
    wanted = own_path(request.query_params.get("next", ""))
    if await who_is(request) is not None:
        return RedirectResponse(wanted, 303)
    return _form(request, wanted=wanted)


async def sign_in(request: Request) -> Response:
    """Open a session for a right password."""
    form = await read_form(request)
    wanted = own_path(form.get("next", ""))
    if not is_same(form.get("csrf", ""), FORM.read(request)):
        return _form(request, 403, TOO_OLD, wanted=wanted)
    account = await find_account(request, form.get("name", ""), form.get("password", ""))
    if isinstance(account, int):
        answer = _form(request, 429, f"Too many tries. Please wait {account} s.", wanted=wanted)
        answer.headers["Retry-After"] = str(account)
        return answer
    if account is None:
        return _form(request, 403, WRONG, wanted=wanted)
    return await _open(request, account, wanted)


async def find_account(request: Request, name: str, password: str) -> Account | int | None:
    """The account that they belong to; None if none, or how many seconds to wait for a try."""
    context, name = context_of(request), name.strip()
    address = request.client.host if request.client else ""
    if wait_s := context.attempts.take(address, name):
        context.log.warning("sign_in.limited")
        return wait_s
    # Hashed outside the transaction, which would be held open for it.
    known = await context.look(lambda session: find_known(session, name))
    is_theirs = await context.hash(lambda: is_right(known, password))
    if known is None or not is_theirs:
        context.log.warning("sign_in.refused")
        return None
    context.attempts.give_back(address, name)
    return known.account


async def open_for(context: Context, account: Account, *, via: Via, held: str = "") -> str:
    """Open a new session, the one that was `held` closed, and write that down; its token."""
    now = context.clock()

    def begin(session: Session) -> str:
        close_session(session, held)
        _write_down(session, Actor(account.name, account.role, via), "sign_in", now=now)
        return open_session(session, account.id, now, via=via)

    token = await context.write(begin)
    context.log.info("sign_in.done", user_id=str(account.id), role=account.role.value)
    return token


async def close_for(context: Context, actor: Actor, token: str) -> None:
    """Close a session for good, and write that down."""
    now = context.clock()

    def end(session: Session) -> None:
        close_session(session, token)
        _write_down(session, actor, "sign_out", now=now)

    await context.write(end)
    context.known.note(token, None)


async def sign_out(request: Request, _form: Form) -> Response:
    """Close the session."""
    await close_for(context_of(request), signed_in(request).actor, SESSION.read(request))
    answer = RedirectResponse("/sign-in", 303)
    SESSION.take_back(request, answer)
    return answer


def _write_down(session: Session, actor: Actor, action: str, *, now: datetime) -> None:
    record(session, actor, Deed(action), now=now)


async def _open(request: Request, account: Account, wanted: str) -> Response:
    # A token that was there before, whoever has put it there, is worth nothing from now on.
    held = SESSION.read(request)
    token = await open_for(context_of(request), account, via=Via.DASHBOARD, held=held)
    answer = RedirectResponse(wanted, 303)
    SESSION.give(request, answer, token)
    FORM.take_back(request, answer)
    return answer


def _form(request: Request, status: int = 200, fault: str = "", *, wanted: str = HOME) -> Response:
    # The same one in every tab, or only the last of them could be sent.
    held = FORM.read(request)
    token = held if is_token(held) else new_token()
    answer = render_alone(
        "sign_in.html", status=status, title="Sign in", token=token, fault=fault, wanted=wanted
    )
    FORM.give(request, answer, token)
    return answer
