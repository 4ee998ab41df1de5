"""Databases by the dozen, since every order needs one of its own."""

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import Engine

from tests.helpers.agree import Agree, MakeEngine
from workers.database import make_engine


@pytest.fixture
def make_engine_of_its_own(make_database: Callable[[], str]) -> Iterator[MakeEngine]:
    """Make engines, each on an empty database."""
    made: list[Engine] = []

    def make() -> Engine:
        made.append(make_engine(make_database(), process="test", pool_size=8))
        return made[-1]

    yield make
    for engine in made:
        engine.dispose()


@pytest.fixture
def agree(make_engine_of_its_own: MakeEngine) -> Agree:
    """Apply a few domain events in every order."""
    return Agree(make_engine_of_its_own)
