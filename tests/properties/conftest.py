"""What properties ask for by name."""

import pytest

from tests.helpers.agree import Agree, CopyEngine, MakeEngine


@pytest.fixture
def agree(make_engine_of_its_own: MakeEngine, copy_engine: CopyEngine) -> Agree:
    """Apply a few domain events in every order."""
    return Agree(make_engine_of_its_own, copy_engine)
