"""What an action does: in one transaction, then a page goes on to say what was done."""

from collections.abc import Callable
from typing import TypeVar

from sqlmodel import Session
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from dashboard.context import context_of
from dashboard.saying import go_on
from domain.ops.acting import TakenError, WrongRequestError

Result = TypeVar("Result")


async def do(
    request: Request, work: Callable[[Session], bool], *, back: str, said: str
) -> Response:
    """Attempt it, then go on to a page that says so, or that nothing was changed."""
    was_done = await attempt(request, work)
    return go_on(back, said if was_done else "unchanged")


async def attempt(request: Request, work: Callable[[Session], Result]) -> Result:
    """Do it, and give what came of it.

    Raises HTTPException for what can't be done: 409 where somebody else stands in its way, or 422.
    """
    try:
        return await context_of(request).write(work)
    except TakenError as error:
        raise HTTPException(409, str(error)) from None
    except WrongRequestError as error:
        raise HTTPException(422, str(error)) from None
