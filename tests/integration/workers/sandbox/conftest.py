"""A sandbox of a test's own, whose clock moves only when told to."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.helpers.sandbox import Clock
from workers.sandbox import Sandbox, running_sandbox


@pytest.fixture
def clock() -> Clock:
    """The sandbox's."""
    return Clock()


@pytest.fixture
def sandbox(tmp_path: Path, clock: Clock) -> Iterator[Sandbox]:
    """All stand-ins for providers, as they are unless told otherwise."""
    with running_sandbox(tmp_path, clock=clock) as sandbox:
        yield sandbox
