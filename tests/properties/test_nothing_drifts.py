"""What comes of a city in whatever order equals what is recomputed from its rows."""

from random import Random

import pytest
from sqlalchemy import Engine

from tests.factories.today import TODAY
from tests.factories.untold import with_untold
from tests.helpers.apply import Application, Manner, unsettled
from tests.helpers.ledger import drift
from workers.city import history


@pytest.mark.parametrize("seed", [11, 12])
def test_a_shuffled_city_shows_no_drift(engine: Engine, seed: int) -> None:
    """G3: two formulations of every derived figure agree, on more than a told evening."""
    told = history(seed, now=TODAY, people=16, gatherings=6, contested=False)
    everything = with_untold(told, seed)
    shuffled = Random(seed).sample(everything, len(everything))
    Application(engine, Manner(portion=(1, 80), limit=(1, 500), seed=seed)).run(shuffled)
    assert unsettled(engine) == []
    assert drift(engine) == []
