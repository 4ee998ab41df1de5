"""The two cookies: the session's, and before there is one, the sign-in form's."""

from dataclasses import dataclass
from typing import Final

from starlette.requests import HTTPConnection
from starlette.responses import Response

from dashboard.sessions import LIFE


@dataclass(frozen=True, slots=True)
class Cookie:
    """A cookie that only our own pages send and no script can read."""

    name: str

    def read(self, request: HTTPConnection) -> str:
        """What the browser sent; empty if nothing."""
        return request.cookies.get(self._name(request), "")

    def give(self, request: HTTPConnection, response: Response, value: str) -> None:
        """Have the browser keep a value."""
        self._set(request, response, value=value, max_age=int(LIFE.total_seconds()))

    def take_back(self, request: HTTPConnection, response: Response) -> None:
        """Have the browser forget it."""
        self._set(request, response, value="", max_age=0)

    def _name(self, request: HTTPConnection) -> str:
        # The prefix has browsers refuse one that was set for a whole domain or without TLS.
        return f"__Host-{self.name}" if is_secure(request) else self.name

    def _set(
        self, request: HTTPConnection, response: Response, *, value: str, max_age: int
    ) -> None:
        response.set_cookie(
            self._name(request),
            value,
            max_age=max_age,
            path="/",
            secure=is_secure(request),
            httponly=True,
            samesite="strict",
        )


def is_secure(request: HTTPConnection) -> bool:
    """Whether the browser speaks https to us, or to the proxy before us."""
    return request.url.scheme == "https"


SESSION: Final = Cookie("momento-session")
FORM: Final = Cookie("momento-form")
