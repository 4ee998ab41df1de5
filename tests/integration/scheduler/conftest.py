"""A clock that stands until it is set, and rows that become due."""

import pytest
from sqlalchemy import Engine

from tests.helpers.scheduling import Clock, Dues


@pytest.fixture
def clock() -> Clock:
    """The schedulers'."""
    return Clock()


@pytest.fixture
def dues(engine: Engine) -> Dues:
    """Nothing is due yet."""
    return Dues(engine).make()
