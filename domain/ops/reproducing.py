"""A copied delivery as text: a test that reproduces it, and an incident to send on. Pure."""

import re
from collections.abc import Collection
from pprint import pformat
from typing import Final

from domain.ops.copying import Copied

WIDTH: Final = 92

_TEST: Final = '''\
"""A delivery that died, copied from the dashboard: fails as long as its handler does.

The last of SAID is its domain event, those before it are about the same things. What is personal,
and every text, is made up; ids stand in for others. What it died of may still depend on more.
"""

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlmodel import Session

from domain.envelope import parse_envelope
from domain.outbox import publish_many
from domain.payload import Payload
from domain.testing import apply_now
from tests.helpers.ledger import ask

HANDLER = {handler!r}
ERROR = {error!r}
SAID: list[dict[str, Any]] = {said}


@pytest.fixture
def applied(engine: Engine) -> Engine:
    """Everything is published and applied."""
    now = datetime.now(UTC)
    pages = [parse_envelope(each, types=Payload.OF_TYPE, now=now) for each in SAID]
    with Session(engine) as session, session.begin():
        publish_many(session, pages)
    apply_now(engine, now=datetime.now(UTC))
    return engine


def test_{name}(applied: Engine) -> None:
    of = "FROM deliveries JOIN domain_events USING (seq) WHERE handler = :handler AND id = :id"
    named = {{"handler": HANDLER, "id": SAID[-1]["id"]}}
    assert ask(applied, f"SELECT state {{of}}", **named) == "done", ask(
        applied, f"SELECT error {{of}}", **named
    )
'''


def as_test(copied: Copied) -> str:
    """Write a test that fails as long as the handler does; nothing in it is anybody's."""
    return _TEST.format(
        handler=copied.handler,
        error=copied.error,
        said=pformat(list(copied.said), width=WIDTH, sort_dicts=False),
        name=re.sub(r"\W+", "_", copied.handler),
    )


def as_incident(copied: Copied, *, around: Collection[str]) -> str:
    """Write what is known of it for a report; `around` are lines on how everything stood."""
    own = copied.said[-1]["data"] if copied.said else "not known to this version"
    lines = [
        f"{copied.handler} of {copied.type} #{copied.seq}: {copied.state}",
        "",
        f"error      {copied.error or '-'}",
        f"tries      {copied.attempts} failed, {copied.deaths} ended with their process",
        f"happened   {copied.time:%Y-%m-%d %H:%M:%S} UTC",
        f"received   {copied.received_at:%Y-%m-%d %H:%M:%S} UTC",
        f"settled    {f'{copied.settled_at:%Y-%m-%d %H:%M:%S} UTC' if copied.settled_at else '-'}",
        *around,
        "",
        "its other handlers",
        *(f"  {state:<10} {handler}" for handler, state in copied.others),
        *(["  none"] if not copied.others else []),
        "",
        "what it says (texts and personal values made up, ids replaced)",
        *(f"  {line}" for line in pformat(own, width=WIDTH, sort_dicts=False).splitlines()),
    ]
    return "\n".join(lines) + "\n"
