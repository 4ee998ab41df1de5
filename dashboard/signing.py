"""Signing in and out."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from dashboard.context import Context, context_of
from dashboard.cookies import FORM, SESSION
from dashboard.forms import is_same, read_form
from dashboard.guard import signed_in, who_is
from dashboard.pages.sign_in import sign_in_page
from dashboard.sessions import close_session, is_token, new_token, open_session
from workers.accounts import Account, find_known, is_right

WRONG = "That name and password don't belong together."
TOO_OLD = "This form was too old. Please try again."


async def show_sign_in(request: Request) -> Response:
    """The form; or the board for who is signed in already."""
    if await who_is(request) is not None:
        return RedirectResponse("/", 303)
    return _form(request)


async def sign_in(request: Request) -> Response:
    """Open a session for a right password."""
    context = context_of(request)
    form = await read_form(request)
    if not is_same(form.get("csrf", ""), FORM.read(request)):
        return _form(request, 403, TOO_OLD)
    name, address = form.get("name", "").strip(), _address(request)
    if wait_s := context.attempts.take(address, name):
        context.log.warning("sign_in.limited")
        answer = _form(request, 429, f"Too many tries. Please wait {wait_s} s.")
        answer.headers["Retry-After"] = str(wait_s)
        return answer
    account = await _find_account(context, name, form.get("password", ""))
    if account is None:
        context.log.warning("sign_in.refused")
        return _form(request, 403, WRONG)
    context.attempts.give_back(address, name)
    return await _open(request, account)


async def sign_out(request: Request) -> Response:
    """Close the session."""
    form = await read_form(request)
    if not is_same(form.get("csrf", ""), signed_in(request).csrf):
        raise HTTPException(403, "This form was too old. Go back and try again.")
    token = SESSION.read(request)
    await context_of(request).write(lambda session: close_session(session, token))
    answer = RedirectResponse("/sign-in", 303)
    SESSION.take_back(request, answer)
    return answer


async def _find_account(context: Context, name: str, password: str) -> Account | None:
    # Hashed outside the transaction, which would be held open for it.
    known = await context.look(lambda session: find_known(session, name))
    is_theirs = await context.hash(lambda: is_right(known, password))
    return known.account if known and is_theirs else None


async def _open(request: Request, account: Account) -> Response:
    context = context_of(request)
    now = context.clock()
    token = await context.write(lambda session: open_session(session, account.id, now))
    context.log.info("sign_in.done", user_id=str(account.id), role=account.role.value)
    answer = RedirectResponse("/", 303)
    SESSION.give(request, answer, token)
    FORM.take_back(request, answer)
    return answer


def _form(request: Request, status: int = 200, fault: str = "") -> Response:
    # The same one in every tab, or only the last of them could be sent.
    held = FORM.read(request)
    token = held if is_token(held) else new_token()
    answer = sign_in_page(token, status=status, fault=fault)
    FORM.give(request, answer, token)
    return answer


def _address(request: Request) -> str:
    return request.client.host if request.client else ""
