"""A gateway on a database of its own, whose clock stands still."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from gateway.app import make_app
from tests.helpers.roles import acting_as
from tests.integration.gateway.scene import NOW, Served, new_key, talking_to


@pytest.fixture
def served(engine: Engine) -> Iterator[Served]:
    """A gateway, and a key for every type."""
    app = make_app(acting_as(engine, "gateway"), clock=lambda: NOW)
    with talking_to(app, new_key(engine)) as served:
        yield served
