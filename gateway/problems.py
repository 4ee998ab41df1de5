"""What the gateway says when it refuses: problem details (RFC 9457), never a value of the input."""

from collections.abc import Mapping
from enum import Enum
from typing import Any, Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse

from workers.log import logger

MEDIA_TYPE: Final = "application/problem+json"
BASE: Final = "https://momento.app/problems"
_log = logger("gateway")


class Kind(Enum):
    """The kinds of refusal: status, the end of its `type`, title."""

    UNREADABLE = (400, "unreadable", "The request can't be read")
    FORGED = (400, "forged", "This isn't what its sender has signed just now")
    UNAUTHENTICATED = (401, "unauthenticated", "A valid API key is needed")
    TYPE_NOT_ALLOWED = (403, "type-not-allowed", "This key may not publish that")
    NOT_SIGNED = (403, "not-signed", "The signature is missing or wrong")
    TOO_SLOW = (408, "too-slow", "The body took too long to arrive")
    TOO_LARGE = (413, "too-large", "That is too much at once")
    UNSUPPORTED = (415, "unsupported-media-type", "This content type is not understood")
    INVALID = (422, "invalid-domain-event", "A domain event is not as it must be")
    UNSUITABLE = (422, "unsuitable-webhook", "This webhook is not as we take it")
    TOO_MANY = (429, "too-many-requests", "Too many requests at once")
    BROKEN = (500, "internal-error", "Something broke here")
    NOT_SET_UP = (503, "not-set-up", "This isn't set up here")
    UNAVAILABLE = (503, "unavailable", "This can't be taken right now")


class ProblemError(Exception):
    """A request is refused; the gateway answers with what this holds."""

    def __init__(
        self,
        kind: Kind,
        detail: str,
        *,
        headers: Mapping[str, str] | None = None,
        members: Mapping[str, Any] | None = None,
    ) -> None:
        """`members` are further parts of the answer's body."""
        self.status, self.slug, title = kind.value
        self.headers = headers
        self.body = {
            "type": f"{BASE}/{self.slug}",
            "title": title,
            "status": self.status,
            "detail": detail,
            **(members or {}),
        }
        super().__init__(detail)


def retry_later(
    kind: Kind, detail: str, *, seconds: int, members: Mapping[str, Any] | None = None
) -> ProblemError:
    """A refusal that ends by itself."""
    return ProblemError(kind, detail, headers={"Retry-After": str(seconds)}, members=members)


async def answer_problem(_request: Request, error: Exception) -> JSONResponse:
    """Turn a ProblemError into its answer."""
    assert isinstance(error, ProblemError)
    _log.info("request.refused", status=error.status, problem=error.slug)
    return JSONResponse(error.body, error.status, error.headers, media_type=MEDIA_TYPE)


async def answer_http_error(_request: Request, error: Exception) -> JSONResponse:
    """Say what the router has refused: no such path, or not with this method."""
    assert isinstance(error, HTTPException)
    body = {"type": "about:blank", "title": error.detail, "status": error.status_code}
    return JSONResponse(body, error.status_code, error.headers, media_type=MEDIA_TYPE)
