"""`/notifications/sandbox`: what the sandbox took in a provider's place, as it looks on a phone."""

import asyncio
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request

from dashboard.asking import asked_of, word
from dashboard.context import context_of
from dashboard.rendering import Page
from domain.tables.notifications import Channel
from workers.sandbox.phones import READ_BYTES, phones

NONE_HERE: Final = "No sandbox stands in for a provider here: what is sent, is sent."
# So many phones are shown, and on each so many of its messages.
PHONES: Final = 24
MESSAGES: Final = 6


async def show_sandbox(request: Request) -> Page:
    """The phones that something has reached last, each with the newest that it shows."""
    context, asked = context_of(request), asked_of(request)
    journal, channel = context.journal, word(asked, "channel", Channel)
    if journal is None:
        raise HTTPException(404, NONE_HERE)
    found = await asyncio.to_thread(phones, journal, channel)
    values = {
        "asked": {name: value for name, value in asked.items() if name == "channel"},
        "phones": found[:PHONES],
        "most": MESSAGES,
        "channels": list(Channel),
        "read_kb": READ_BYTES // 1024,
    }
    return Page("The sandbox's outbox", "sandbox.html", values, live=True)
