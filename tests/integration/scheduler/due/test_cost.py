"""What a tick costs: pages looked at, however many rows there are of which none is due.

Pages, not milliseconds: they are the same on every machine. `bench/run --figure due` takes the
time among a million of each.
"""

from collections.abc import Iterator
from typing import Final

import pytest
from sqlalchemy import Engine
from sqlmodel import Session

from scheduler.due import KINDS, publish_due
from tests.factories import standing
from tests.helpers.clock import drain
from tests.helpers.explain import explain, overhear
from tests.helpers.postgres import PostgresServer
from workers.database import make_engine

COUNT: Final = 100_000
# The depth of an index.
MOST_PAGES: Final = 6


@pytest.fixture
def standing_rows(postgres_server: PostgresServer) -> Iterator[Engine]:
    """A database in which much stands, mostly reminded of, and nothing is due."""
    url = postgres_server.create()
    standing.load(url, COUNT, people=COUNT // 5, due=0)
    engine = make_engine(url, process="test", pool_size=2)
    drain(engine, standing.NOW)
    yield engine
    engine.dispose()
    postgres_server.drop(url)


def faults(session: Session) -> Iterator[str]:
    """Say what is wrong with how an idle tick looks for what is due."""
    heard = overhear(session)
    assert not any(publish_due(session, KINDS, now=standing.NOW, limit=1_000).values())
    if len(heard) != len(KINDS):
        yield f"{len(heard)} statements for {len(KINDS)} kinds"
    for kind, asked in zip(KINDS, list(heard), strict=True):
        for generic in (False, True):
            plan = explain(session, asked, generic=generic)
            if plan.buffers > MOST_PAGES:
                yield f"{kind.name}: {plan.buffers} pages\n{plan}"


def test_an_idle_tick_looks_at_a_few_pages(standing_rows: Engine) -> None:
    with Session(standing_rows) as session:
        found = list(faults(session))
    assert not found, "\n\n".join(found)
