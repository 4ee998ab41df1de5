"""A year of a city, shuffled and doubled, comes to the same as the same year in order.

Of 500 people, since it is the longest test by far; of 2,000 with WHOLE_YEAR=1 in the environment.
"""

import os
from collections.abc import Callable
from random import Random
from typing import Final

import pytest
from sqlalchemy import Engine

from domain.envelope import Envelope
from tests.factories.today import TODAY
from tests.factories.untold import with_untold
from tests.helpers.apply import Application, Manner, unsettled
from tests.helpers.ledger import drift
from tests.helpers.state import State, differences, snapshot
from workers.city import history_of_a_year

SEED: Final = 2026
ONE_IN: Final = 1 if os.environ.get("WHOLE_YEAR") else 4
LARGE: Final = (2_000, 4_000)


@pytest.fixture(scope="module")
def year() -> list[Envelope]:
    told = history_of_a_year(SEED, now=TODAY, contested=False, one_in=ONE_IN)
    return with_untold(told, SEED)


def state_after(engine: Engine, told: list[Envelope]) -> State:
    Application(engine, Manner(portion=LARGE, limit=LARGE)).run(told)
    assert unsettled(engine) == []
    return snapshot(engine)


@pytest.mark.timeout(900)
def test_shuffled_and_doubled_it_is_as_in_order(
    year: list[Envelope], make_engine_of_its_own: Callable[[], Engine]
) -> None:
    """G3, G4; and every derived figure is that of its rows."""
    assert len(year) > 40_000 // ONE_IN
    ordered, disordered = make_engine_of_its_own(), make_engine_of_its_own()
    in_order = state_after(ordered, year)
    twice = [*year, *year]
    Random(SEED).shuffle(twice)
    assert differences(in_order, state_after(disordered, twice)) == []
    assert drift(ordered) == drift(disordered) == []
