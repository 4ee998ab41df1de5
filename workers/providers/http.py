"""Asks a service for JSON over HTTP, within a time limit that holds for all of it.

What is asked may be personal and the key is secret, so an error holds neither: only a code.
"""

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Final

import aiohttp
from pydantic import SecretStr

from domain.ports import PortRefusalError, PortTroubleError

# The service won't take just this; another text it may: bad request, too large, unprocessable.
REFUSED: Final = frozenset({400, 413, 422})
OK: Final = 200
ANSWER_LIMIT_BYTES: Final = 32 * 1024 * 1024


class _Abandoned(ThreadPoolExecutor):
    """Threads in which names are resolved, which nothing can interrupt: nobody waits for them.

    `asyncio.run` would, though the time is over.
    """

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = True) -> None:  # noqa: FBT001, FBT002 - as its base has it
        """Leave a thread that is resolving a name to itself; it ends when the resolver gives up."""
        del wait
        super().shutdown(wait=False, cancel_futures=cancel_futures)


@dataclass(frozen=True, slots=True)
class Service:
    """An OpenAI-compatible service: where it is, how to be let in, and how long to wait for it."""

    base_url: SecretStr
    api_key: SecretStr | None
    limit: timedelta

    def post(self, path: str, body: dict[str, Any]) -> Any:
        """Give the JSON that is answered; raises PortTroubleError or PortRefusalError."""
        return asyncio.run(self._post(path, body))

    async def _post(self, path: str, body: dict[str, Any]) -> Any:
        asyncio.get_running_loop().set_default_executor(_Abandoned())
        url = f"{self.base_url.get_secret_value().rstrip('/')}{path}"
        timeout = aiohttp.ClientTimeout(total=self.limit.total_seconds())
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout) as client,
                client.post(
                    url, json=body, headers=self._headers(), allow_redirects=False
                ) as response,
            ):
                answer = await _read(response)
        except TimeoutError:
            raise PortTroubleError("timeout") from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise PortTroubleError(f"unreachable_{type(error).__name__}") from None
        return _parsed(answer)

    def _headers(self) -> dict[str, str]:
        if self.api_key is None:
            return {}
        return {"Authorization": f"Bearer {self.api_key.get_secret_value()}"}


async def _read(response: aiohttp.ClientResponse) -> bytes:
    """Give the body of a good answer; raise what another status means."""
    if response.status in REFUSED:
        raise PortRefusalError(f"http_{response.status}")
    if response.status != OK:
        raise PortTroubleError(
            f"http_{response.status}",
            retry_after=_retry_after(response.headers.get("Retry-After"), datetime.now(UTC)),
        )
    body = bytearray()
    async for chunk in response.content.iter_chunked(65_536):
        body += chunk
        if len(body) > ANSWER_LIMIT_BYTES:
            raise PortTroubleError("answer_too_large")
    return bytes(body)


def _parsed(answer: bytes) -> Any:
    try:
        return json.loads(answer)
    except (ValueError, RecursionError):
        raise PortTroubleError("answer_not_json") from None


def _retry_after(header: str | None, now: datetime) -> timedelta | None:
    """Read how long to wait: seconds, or a date (RFC 9110, section 10.2.3)."""
    if header is None:
        return None
    try:
        return timedelta(seconds=max(0, min(int(header), 86_400)))
    except ValueError:
        pass
    try:
        return max(parsedate_to_datetime(header) - now, timedelta(0))
    except (ValueError, TypeError, OverflowError):
        return None
