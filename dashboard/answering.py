"""What all of `/api/ops/v1` shares: small JSON objects in, JSON out, and refusals in words."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, is_dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple, Protocol

from pydantic_core import from_json, to_json
from sqlmodel import Session
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from dashboard.context import context_of
from dashboard.doing import attempt
from dashboard.forms import read_body
from dashboard.guard import signed_in
from domain.ops.permissions import Actor

MEDIA_TYPE: Final = "application/json"


class Asked(NamedTuple):
    """What a program asks to be done, who it is, and the moment."""

    body: dict[str, str]
    actor: Actor
    now: datetime


class Paged(Protocol):
    """A page of rows of any kind, as `domain/ops` gives it."""

    @property
    def rows(self) -> Sequence[Any]:
        """What is on it."""

    @property
    def after(self) -> object | None:
        """Where the next one begins."""

    @property
    def was_cut(self) -> bool:
        """Whether it isn't full since so many were looked at."""


async def read_asked(request: Request) -> Asked:
    """Read what a program asks to be done; raises as `read_object` does."""
    body = await read_object(request)
    return Asked(body, signed_in(request).actor, context_of(request).clock())


def as_page(name: str, found: Paged) -> Response:
    """Answer with a page; `next` is the `after` of the next one."""
    next_ = str(found.after) if found.after else None
    return as_json({name: found.rows, "next": next_, "was_cut": found.was_cut})


async def done(request: Request, work: Callable[[Session], bool]) -> Response:
    """Do it, and answer that it is done.

    Raises HTTPException: 409 when nothing was changed, and what `attempt` raises.
    """
    if not await attempt(request, work):
        raise HTTPException(409, "Nothing was changed: it isn't in a state in which that is done.")
    return as_json({"done": True})


async def read_object(request: Request, *, is_optional: bool = False) -> dict[str, str]:
    """A small flat JSON object, its values as text; those that are null are left out.

    Nothing at all is an empty one where it is optional. Raises HTTPException: 415 for another media
    type, 400 for anything else.
    """
    sent = await read_body(request)
    if is_optional and not sent:
        return {}
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != MEDIA_TYPE:
        raise HTTPException(415, "Send JSON, as application/json.")
    try:
        said = from_json(sent)
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
