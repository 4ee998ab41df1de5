"""A scene for each test."""

import pytest
from sqlalchemy import Engine

from tests.integration.domain.profiles.scene import Scene


@pytest.fixture
def scene(engine: Engine) -> Scene:
    """Ada, Bo and Dan have signed up."""
    return Scene(engine)
