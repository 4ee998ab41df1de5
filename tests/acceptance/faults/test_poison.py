"""Poison among ten thousand good domain events: it raises, hangs, or kills the process."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from tests.acceptance.faults.scene import our_environment
from tests.helpers.ledger import (
    PATIENCE,
    REGISTERED,
    a_registration,
    ask,
    deliveries,
    publish,
    until,
)
from tests.helpers.poisoned import TIME_LIMIT
from tests.helpers.processes import GRACE, Crew, a_crew

PROGRAM = "tests.helpers.poisoned"
GOOD = tuple(f"person {number:05}" for number in range(10_000))
# How long Postgres bears a statement: less than in earnest, and yet ample for what is healthy.
HANGS_MS = 1_500
# How long what loops goes on, five times. Nothing else is given so little: on a slow machine a
# slice of healthy work would count as a death, and the fifth death isn't a failure any more.
LOOPS_MS = 3_000
# What kills its process does so five times, and each time a new one has to start.
SEVERAL_STARTS = 5 * PATIENCE


@pytest.fixture
def crew(
    engine: Engine, database_url: str, broker_url: str, tmp_path: Path, poison: set[str]
) -> Iterator[Crew]:
    """Workers that do what ids say, for whom Postgres has little patience."""
    limit = f"-c%20statement_timeout%3D{HANGS_MS}"
    environment = our_environment(f"{database_url}&options={limit}", broker_url)
    environment["MOMENTO_BATCH_SIZE"] = "1000"
    if any(name.startswith("loops") for name in poison):
        environment[TIME_LIMIT] = str(LOOPS_MS)
    with a_crew(environment, tmp_path, workers=PROGRAM) as crew:
        yield crew


def plant(engine: Engine, *poison: str) -> None:
    """Publish poison in the midst of good ones."""
    pages = [a_registration(name) for name in GOOD]
    for place, name in enumerate(poison):
        pages.insert(1_700 + 2_300 * place % 7_000, a_registration(name))
    for start in range(0, len(pages), 1_000):
        publish(engine, *pages[start : start + 1_000])


def undone(engine: Engine) -> int:
    """How many of the good ones aren't applied yet."""
    count: int = ask(
        engine,
        "SELECT count(*) FROM domain_events AS said WHERE id LIKE 'person%' AND NOT EXISTS ("
        "SELECT FROM deliveries AS row WHERE row.seq = said.seq AND row.state = 'done')",
    )
    return count


class TestPoison:
    @pytest.mark.parametrize(
        ("poison", "ends"),
        [
            ({"raises first", "raises second", "raises third"}, "failed"),
            ({"kills its process"}, "dead"),
            ({"sleeps in Postgres"}, "failed"),
            ({"loops in Python"}, "dead"),
        ],
        ids=lambda value: min(value).split()[0] if isinstance(value, set) else value,
    )
    def test_that_does_its_worst_hurts_only_itself(
        self, engine: Engine, crew: Crew, poison: set[str], ends: str
    ) -> None:
        """G8, G2: exactly the poison fails or dies, and all the others are done."""
        plant(engine, *poison)
        until(lambda: undone(engine) == 0, "the good ones are done", SEVERAL_STARTS)
        until(
            lambda: {deliveries(engine, REGISTERED)[name].state for name in poison} == {ends},
            f"the poison is {ends}",
            SEVERAL_STARTS,
        )
        became = deliveries(engine, REGISTERED)
        assert {name for name, row in became.items() if row.state != "done"} == poison
        assert ask(engine, "SELECT count(*) FROM users") == len(GOOD)
        assert ask(engine, "SELECT count(*) FROM user_facts") == len(GOOD)


class TestAskToGo:
    @pytest.mark.parametrize("kind", ["sleeps", "loops"])
    def test_ends_a_worker_that_hangs_as_well(
        self, engine: Engine, database_url: str, broker_url: str, tmp_path: Path, kind: str
    ) -> None:
        """G7: within ten seconds, with what hangs rolled back."""
        environment = our_environment(database_url, broker_url)
        with a_crew(environment, tmp_path, workers=PROGRAM) as crew:
            publish(engine, a_registration(f"{kind} for ever"))
            until(lambda: ask(engine, "SELECT count(*) FROM in_hand") == 1, "it hangs")
            assert crew.dismiss(GRACE) == []
        assert {row.state for row in deliveries(engine, REGISTERED).values()} == {"pending"}
