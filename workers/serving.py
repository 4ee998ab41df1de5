"""Stands before a service that answers over HTTP: measures it, and shows figures at /metrics."""

import time
from typing import Final

from prometheus_client import CollectorRegistry
from pydantic import SecretStr
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from domain.figures import names
from domain.figures.recorder import Recorder
from workers.exposition import CONTENT_TYPE, PATH, REFUSED, may_see, shown

NOBODY: Final = "none"


class Measured:
    """Lets every request through but those for figures, and notes how long each took."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        recorder: Recorder,
        registry: CollectorRegistry,
        token: SecretStr | None,
    ) -> None:
        """Stand before `app`."""
        self._app = app
        self._recorder = recorder
        self._registry = registry
        self._token = token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request for figures, or let a request through and note it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif scope["path"] == PATH:
            await (await self._figures(Request(scope)))(scope, receive, send)
        else:
            await self._measure(scope, receive, send)

    async def _measure(self, scope: Scope, receive: Receive, send: Send) -> None:
        status = 500

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        started = time.perf_counter()
        try:
            await self._app(scope, receive, noting)
        finally:
            endpoint = _name(scope)
            self._recorder.count(names.ANSWERED, endpoint, str(status))
            took_s = time.perf_counter() - started
            self._recorder.observe(names.ANSWER_TIME, endpoint, seconds=took_s)

    async def _figures(self, request: Request) -> Response:
        peer = request.client.host if request.client else None
        if not may_see(self._token, peer=peer, headers=request.headers.items()):
            return PlainTextResponse(REFUSED, 403)
        body = await run_in_threadpool(shown, self._registry)
        return Response(body, headers={"Content-Type": CONTENT_TYPE, "Cache-Control": "no-store"})


def _name(scope: Scope) -> str:
    """Name what answered, by its function: never by the path, of which there is no end."""
    endpoint = scope.get("endpoint")
    return NOBODY if endpoint is None else getattr(endpoint, "__name__", type(endpoint).__name__)
