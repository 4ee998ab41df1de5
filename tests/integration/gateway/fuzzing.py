"""What is thrown at the gateway by the thousand, and how its answers are judged."""

import asyncio
import atexit
import json
from collections.abc import Iterable
from typing import Any, Final

import httpx
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from starlette.applications import Starlette

from tests.helpers.stripe import Said

A_TIME: Final = 25
# A gateway lives in one event loop, and so does everything that one of a test is asked.
LOOP: Final = asyncio.Runner()
atexit.register(LOOP.close)
LASTING: Final = settings(
    max_examples=1_500 // A_TIME, deadline=None, suppress_health_check=list(HealthCheck)
)
# What a header may hold at all; the rest never gets as far as us.
HEADER: Final = st.binary(max_size=40).map(
    lambda raw: bytes(byte for byte in raw if byte > 32 and byte != 127)
)
JUNK: Final = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
    | st.sampled_from(["\0", "evt_1", "pi_1", "succeeded", "usd", 10**12, 2**31]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


def damaged(draw: st.DrawFn, good: bytes) -> list[bytes]:
    """What is left of a good body when its end is lost, or a bit or more of one byte is another."""
    cut = draw(st.integers(0, len(good) - 1))
    flipped = good[:cut] + bytes([good[cut] ^ draw(st.integers(1, 255))]) + good[cut + 1 :]
    return [good[:cut], flipped]


def answers(app: Starlette, asked: Iterable[dict[str, Any]]) -> list[httpx.Response]:
    """Ask all of it at once; what was answered, in the same order."""

    async def ask() -> list[httpx.Response]:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
            return await asyncio.gather(*(client.post(**each) for each in asked))

    return LOOP.run(ask())


def refused(answer: httpx.Response) -> bool:
    """Whether it is a refusal as all others are."""
    kind = answer.headers["content-type"]
    return 400 <= answer.status_code < 500 and kind == "application/problem+json"


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """All places in a JSON value."""
    parts = value.items() if isinstance(value, dict) else enumerate(value)
    found = []
    for name, part in parts:
        found.append((*path, name))
        if isinstance(part, dict | list):
            found += _places(part, (*path, name))
    return found


@st.composite
def changed_somewhere(draw: st.DrawFn, events: st.SearchStrategy[Said]) -> Said:
    """An event with something else in some places."""
    said: Said = json.loads(json.dumps(draw(events)))
    for place in draw(st.lists(st.sampled_from(_places(said)), max_size=3)):
        holder: Any = said
        try:
            for name in place[:-1]:
                holder = holder[name]
            holder[place[-1]] = draw(JUNK)
        except (TypeError, KeyError, IndexError):
            # Another replacement has removed what was around it.
            continue
    return said
