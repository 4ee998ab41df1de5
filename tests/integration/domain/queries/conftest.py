"""A database to write rows into and to ask, in one transaction that nobody commits."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine
from sqlmodel import Session

from tests.factories.rows import Rows
from tests.helpers.postgres import PostgresServer


@pytest.fixture(scope="module")
def questioned(postgres_server: PostgresServer) -> Iterator[Engine]:
    """A migrated database that stays empty."""
    with postgres_server.engine(pool_size=1) as engine:
        yield engine


@pytest.fixture
def rows(questioned: Engine) -> Iterator[Rows]:
    """Where to write; `rows.session` is where to ask."""
    with Session(questioned) as session:
        yield Rows(session)
