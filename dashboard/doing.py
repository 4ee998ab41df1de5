"""What an action does: in one transaction, then on to a page that says what was done."""

from collections.abc import Callable

from sqlmodel import Session
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from dashboard.context import context_of
from dashboard.saying import go_on
from domain.ops.acting import TakenError, WrongRequestError


async def do(
    request: Request, work: Callable[[Session], bool], *, back: str, said: str
) -> Response:
    """Do it; raises HTTPException for what can't be done: 409 if somebody was quicker, or 422."""
    try:
        was_done = await context_of(request).write(work)
    except TakenError as error:
        raise HTTPException(409, str(error)) from None
    except WrongRequestError as error:
        raise HTTPException(422, str(error)) from None
    return go_on(back, said if was_done else "unchanged")
