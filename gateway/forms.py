"""Reads the forms that providers and mail programs send: small, UTF-8, each field once."""

from typing import Final
from urllib.parse import parse_qsl
from uuid import UUID

from starlette.datastructures import ImmutableMultiDict
from starlette.requests import Request

from gateway.body import read_body
from gateway.context import context_of
from gateway.limits import Load
from gateway.problems import Kind, ProblemError
from gateway.reading import media_type_of

MEDIA_TYPE: Final = "application/x-www-form-urlencoded"
# Twilio sends about thirty, and adds some without notice.
MOST_FIELDS: Final = 200

Form = ImmutableMultiDict[str, str]


async def read_form(request: Request, *, load: Load) -> Form:
    """Read a form.

    Raises ProblemError: 415 for anything else, 413 for a large one, 400 for a broken one.
    """
    if media_type_of(request.headers) != MEDIA_TYPE:
        raise ProblemError(Kind.UNSUPPORTED, f"Content-Type must be {MEDIA_TYPE}.")
    limits = context_of(request).limits
    raw = await read_body(request, limits.form_bytes, limits=limits, load=load)
    return parse_form(raw)


def parse_form(raw: bytes) -> Form:
    """Take a form apart; raises ProblemError (400) for what isn't one."""
    try:
        fields = parse_qsl(
            raw.decode(), keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS
        )
    except ValueError:
        message = f"The body must be a form in UTF-8 of {MOST_FIELDS} fields at most."
        raise ProblemError(Kind.UNREADABLE, message) from None
    return ImmutableMultiDict(fields)


def one_of(form: Form, name: str) -> str | None:
    """Give a field, or None if it isn't there; raises ProblemError (400) if it is there twice."""
    values = form.getlist(name)
    if len(values) > 1:
        raise ProblemError(Kind.UNREADABLE, f"{name} is given more than once.")
    return values[0] if values else None


def as_uuid(text: str) -> str | None:
    """Give an id as we write it, or None if it can't be one."""
    try:
        return str(UUID(text))
    except ValueError:
        return None
