"""An event of Hanna's to which Ada, Bo and Dan are invited; nobody has paid."""

import pytest
from sqlalchemy import Engine

from tests.helpers.ears import PEOPLE, Ears


@pytest.fixture
def ears(engine: Engine) -> Ears:
    ears = Ears(engine)
    ears.diary.people(*PEOPLE)
    ears.diary.event("drinks", host="Hanna", seats=8)
    return ears
