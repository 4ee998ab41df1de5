"""What the JSON API says when it refuses: RFC 9457 problem details."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse

API: Final = "/api/ops/v1"
SCHEME: Final = "bearer "


def is_api(request: Request) -> bool:
    """Whether a program asks, and not a browser for a page."""
    return request.url.path == API or request.url.path.startswith(f"{API}/")


def bearer_of(request: Request) -> str:
    """The token that a program proves itself with; empty if there is none."""
    header = request.headers.get("authorization", "")
    return header[len(SCHEME) :].strip() if header.lower().startswith(SCHEME) else ""


def problem(status: int, detail: str, *, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """Say what is wrong, so that a program and a person can read it."""
    body = {"status": status, "title": HTTPStatus(status).phrase, "detail": detail}
    return JSONResponse(body, status, headers, media_type="application/problem+json")
