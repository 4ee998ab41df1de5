"""How what providers send is parsed; what is wrong with it is said without a value of it."""

from typing import Any, Final

from pydantic import ValidationError
from pydantic_core import from_json

NO_OBJECT: Final = "The body is no JSON object in UTF-8."


class NotUnderstoodError(ValueError):
    """A webhook is not as it must be; the message says what to change, and holds no value of it."""


def read_object(raw: bytes) -> dict[str, Any]:
    """Parse a body. Raises NotUnderstoodError."""
    try:
        said = from_json(raw, allow_inf_nan=False)
    except ValueError:
        # Not chained: the parser's message may hold a part of the body.
        raise NotUnderstoodError(NO_OBJECT) from None
    if not isinstance(said, dict):
        raise NotUnderstoodError(NO_OBJECT)
    return said


def not_as(expected: str, error: ValidationError) -> NotUnderstoodError:
    """Name the fields that are not as they must be; names alone, since they may hold anything."""
    fields = {
        ".".join(str(part) for part in fault["loc"] if isinstance(part, str))
        for fault in error.errors(include_url=False, include_input=False, include_context=False)
    }
    return NotUnderstoodError(f"Not as {expected} has it: {', '.join(sorted(fields))}.")
