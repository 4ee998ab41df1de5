"""Reads forms, and only those that our own pages sent."""

import asyncio
import hmac
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request

MEDIA_TYPE: Final = "application/x-www-form-urlencoded"
MAX_BYTES: Final = 16 * 1024
# A page of rows that were picked, and what is done with them.
MAX_FIELDS: Final = 120
WITHIN_S: Final = 10.0
# What browsers say of a request that a page of ours, or the person alone, has caused.
OURS: Final = frozenset({"same-origin", "none"})


class Form(dict[str, str]):
    """The fields of a form by name; of several by one name, the last."""

    def __init__(self, fields: list[tuple[str, str]]) -> None:
        """Hold what was sent, in its order."""
        super().__init__(fields)
        self._fields = fields

    def all(self, name: str) -> list[str]:
        """Every value that was sent by this name."""
        return [value for each, value in self._fields if each == name]

    def demand_token(self, expected: str) -> None:
        """Raise HTTPException unless it carries the token of the session that it was made for."""
        if not is_same(self.get("csrf", ""), expected):
            raise HTTPException(403, "This form was too old. Go back and try again.")


async def read_form(request: Request) -> Form:
    """The fields; raises HTTPException for what isn't a small form that our own pages sent."""
    refuse_strangers(request)
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != MEDIA_TYPE:
        raise HTTPException(415, "Only forms are understood here.")
    try:
        text = (await read_body(request)).decode()
        return Form(parse_qsl(text, keep_blank_values=True, max_num_fields=MAX_FIELDS))
    except ValueError:
        raise HTTPException(400, "The form can't be read.") from None


async def read_body(request: Request) -> bytes:
    """What was sent; raises HTTPException if it is large, slow or breaks off."""
    try:
        async with asyncio.timeout(WITHIN_S):
            return await _read(request)
    except TimeoutError:
        raise HTTPException(408, "What you sent took too long to arrive.") from None
    except ClientDisconnect:
        raise HTTPException(400, "What you sent broke off.") from None


def is_same(given: str, expected: str) -> bool:
    """Whether a form's token is the one expected, told in constant time; an empty one never is."""
    return bool(expected) and hmac.compare_digest(
        given.encode(errors="replace"), expected.encode(errors="replace")
    )


def refuse_strangers(request: Request) -> None:
    """Raise HTTPException if another site sent this, or if nothing says that none did."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        is_ours = site in OURS
    else:
        # Browsers leave the other out where there is no TLS.
        origin = urlsplit(request.headers.get("origin", ""))
        is_ours = bool(origin.netloc) and origin.netloc == request.headers.get("host")
    if not is_ours:
        raise HTTPException(403, "This was sent from another site, and was refused.")


async def _read(request: Request) -> bytes:
    chunks, size = [], 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > MAX_BYTES:
            raise HTTPException(413, "What you sent is too large.")
        chunks.append(chunk)
    return b"".join(chunks)
