"""Reads a body with a hard limit, whatever its length claims to be."""

import asyncio
from typing import Final

from starlette.requests import ClientDisconnect, Request

from gateway.limits import Limits, Load
from gateway.problems import Kind, ProblemError

KIB: Final = 1024


async def read_body(request: Request, limit: int, *, limits: Limits, load: Load) -> bytes:
    """Read a body of so many bytes at most.

    Raises ProblemError: 413 over the limit, 408 if it dawdles, 429 in a flood.
    """
    claimed = request.headers.get("content-length", "")
    if claimed.isdecimal() and int(claimed) > limit:
        raise _too_large(limit)
    try:
        async with asyncio.timeout(limits.body_seconds):
            return await _read(request, limit, load=load)
    except TimeoutError:
        message = f"The body must arrive within {limits.body_seconds:g} seconds."
        raise ProblemError(Kind.TOO_SLOW, message, headers={"Connection": "close"}) from None
    except ClientDisconnect:
        # Nobody is left to read this.
        raise ProblemError(Kind.UNREADABLE, "The body broke off.") from None


async def _read(request: Request, limit: int, *, load: Load) -> bytes:
    # Without a length, or with a lying one, counting is the only way to know.
    chunks, size = [], 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > limit:
            raise _too_large(limit)
        load.add(len(chunk))
        chunks.append(chunk)
    return b"".join(chunks)


def _too_large(limit: int) -> ProblemError:
    message = f"The body is larger than {limit // KIB} KiB, the limit for this content type."
    return ProblemError(Kind.TOO_LARGE, message, members={"limit": limit})
