"""`/live`: nudges for whoever looks at a page that renews itself."""

from typing import Final

from starlette.requests import Request
from starlette.responses import StreamingResponse

from dashboard.context import context_of

# Proxies would hold back a stream until it ends.
HEADERS: Final = {"X-Accel-Buffering": "no"}


async def stream_nudges(request: Request) -> StreamingResponse:
    """Say each time that something has changed; no more than that."""
    nudges = context_of(request).nudges.stream()
    return StreamingResponse(nudges, media_type="text/event-stream", headers=HEADERS)
