"""A till with a sandbox."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from tests.helpers.refunds import Counterpart, open_till


@pytest.fixture
def till(engine: Engine, tmp_path: Path) -> Iterator[Counterpart]:
    with open_till(engine, tmp_path / "sandbox") as till:
        yield till
