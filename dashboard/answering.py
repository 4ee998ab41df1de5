"""What all of `/api/ops/v1` shares: small JSON objects in, JSON out, and refusals in words."""

from collections.abc import Callable
from dataclasses import asdict, is_dataclass
from typing import Any, Final

from pydantic_core import from_json, to_json
from sqlmodel import Session
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from dashboard.context import context_of
from dashboard.forms import read_body
from domain.ops.acting import WrongRequestError

MEDIA_TYPE: Final = "application/json"


async def done(request: Request, work: Callable[[Session], bool]) -> Response:
    """Do it, and say so; raises HTTPException (409) when nothing was changed."""
    if not await attempt(request, work):
        raise HTTPException(409, "Nothing was changed: it isn't in a state in which that is done.")
    return as_json({"done": True})


async def attempt(request: Request, work: Callable[[Session], Any]) -> Any:
    """Do it, and give what came of it; raises HTTPException (422) for what can't be done."""
    try:
        return await context_of(request).write(work)
    except WrongRequestError as error:
        raise HTTPException(422, str(error)) from None


async def read_object(request: Request) -> dict[str, str]:
    """A small flat JSON object, its values as text; raises HTTPException for anything else."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != MEDIA_TYPE:
        raise HTTPException(415, "Send JSON, as application/json.")
    try:
        said = from_json(await read_body(request))
    except ValueError:
        raise HTTPException(400, "This is not JSON.") from None
    if not isinstance(said, dict) or not all(
        value is None or isinstance(value, str | int | bool) for value in said.values()
    ):
        raise HTTPException(400, "Send one flat object of texts, numbers and truths.")
    return {
        name: str(value).lower() if isinstance(value, bool) else str(value)
        for name, value in said.items()
        if value is not None
    }


def as_json(value: Any, status: int = 200) -> Response:
    """Answer with a value as JSON."""
    plain = asdict(value) if is_dataclass(value) and not isinstance(value, type) else value
    return Response(to_json(plain), status, media_type=MEDIA_TYPE)
