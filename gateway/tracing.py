"""Makes a span of each request to publish, where OpenTelemetry is asked for."""

import time
from typing import TYPE_CHECKING, Any, Final

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

if TYPE_CHECKING:
    from workers.spans import Spans

PATH: Final = "/v1/events"
# What was published is put there by whoever published it.
PUBLISHED: Final = "published"


class TracedApp:
    """An application around the gateway's, which it leaves as it is."""

    def __init__(self, app: ASGIApp, spans: "Spans") -> None:
        """Note requests to this one."""
        self._app = app
        self._spans = spans

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything on; at the end send the last spans."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            self._spans.stop()
            return
        if scope["type"] != "http" or scope["path"] != PATH:
            await self._app(scope, receive, send)
            return
        state: dict[str, Any] = scope.setdefault("state", {})
        began, status = time.time_ns(), 500

        async def note(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        try:
            await self._app(scope, receive, note)
        finally:
            outcome = state.get(PUBLISHED)
            self._spans.published(
                Headers(scope=scope),
                outcome.envelopes if outcome else (),
                status=status,
                began=began,
                ended=time.time_ns(),
            )
