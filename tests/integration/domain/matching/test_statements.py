"""The two statements about candidates agree, and the first one uses its index."""

from typing import Any

import pytest
from sqlalchemy import Engine
from sqlmodel import Session

from domain.constants import NEAREST
from domain.matching.occasion import open_occasion
from domain.matching.statements import BY_TASTE, EVERYBODY, SET_UP
from domain.sql import fetch, fetch_dicts
from tests.factories.town import CLIMBING, NOW, Town


@pytest.fixture
def town(engine: Engine) -> Town:
    """Hanna's event; and people of whom some are at odds with it in one way or another."""
    town = Town(engine)
    town.person("Hanna")
    town.event("drinks")
    for number, words in enumerate((CLIMBING, "bouldering", "burgers", "opera", "chess") * 3):
        town.person(
            f"person {number}",
            likes=words,
            dislikes="burgers" if number % 4 == 0 else None,
            min_lead_time_days=30 if number % 5 == 0 else 3,
        )
        if number % 3 == 0:
            town.was_at(f"person {number}", 40.0 + number / 20)
    return town


def ask(engine: Engine, town: Town, statement: str, **others: Any) -> list[dict[str, Any]]:
    with Session(engine) as session, session.begin():
        occasion = open_occasion(session, town.id("drinks"), now=NOW)
        fetch(session, SET_UP)
        asked = {"now": NOW, "nearest": NEAREST, "rows": 100, **occasion.parameters(NOW), **others}
        return fetch_dicts(session, statement, **asked)


class TestBoth:
    def test_say_the_same_of_those_whose_taste_is_known(self, engine: Engine, town: Town) -> None:
        town.duo("person 1", "person 3")
        town.duo("person 2", "person 5")
        by_taste = ask(engine, town, BY_TASTE)
        assert by_taste == ask(engine, town, EVERYBODY)
        assert 5 < len(by_taste) < 15

    def test_find_a_partner_who_is_not_among_the_nearest(self, engine: Engine, town: Town) -> None:
        town.person("Bo", likes=CLIMBING)
        town.person("Cleo")
        town.duo("Bo", "Cleo")
        for statement in (BY_TASTE, EVERYBODY):
            found = {row["user_id"] for row in ask(engine, town, statement, nearest=4)}
            assert {town.id("Bo"), town.id("Cleo")} <= found


def a_crowd(engine: Engine, people: int) -> Town:
    """So many people, each with a taste that points somewhere else."""
    town = Town(engine)
    town.person("Hanna")
    town.event("drinks")
    town.run(
        "INSERT INTO users (id, clerk_id, birth_date, status)"
        " SELECT gen_random_uuid(), 'p' || n, '1990-01-01', 'active'"
        " FROM generate_series(1, :people) AS n",
        people=people,
    )
    town.run(
        "INSERT INTO user_internal_metrics (user_id) SELECT id FROM users ON CONFLICT DO NOTHING"
    )
    town.run(
        "INSERT INTO user_interest_vectors (user_id, vector, vector_type)"
        " SELECT id, ARRAY(SELECT random() - 0.5 + length(clerk_id) * 0"
        " FROM generate_series(1, 384))::vector, 'positive_v1' FROM users"
    )
    town.run("ANALYZE")
    return town


class TestPlans:
    def test_the_nearest_are_found_by_the_index_on_vectors(self, engine: Engine) -> None:
        """On real rows: what the planner does there, it does with more of them all the more."""
        town = a_crowd(engine, 3_000)
        plan = "\n".join(row["QUERY PLAN"] for row in ask(engine, town, f"EXPLAIN {BY_TASTE}"))
        nearest = plan[plan.index("CTE nearest") : plan.index("CTE pool")]
        fit = plan[plan.index("CTE fit") : plan.index("CTE scored")]
        assert "Index Scan using user_interest_vectors_positive_idx" in nearest
        assert "Index Scan using users_pkey" in fit
        assert "Seq Scan on users" not in plan

    def test_it_goes_on_beyond_what_one_look_at_the_index_finds(self, engine: Engine) -> None:
        town = a_crowd(engine, 900)
        with Session(engine) as session, session.begin():
            fetch(session, SET_UP)
            fetch(session, "SELECT set_config('enable_seqscan', 'off', true)")
            occasion = open_occasion(session, town.id("drinks"), now=NOW)
            asked = occasion.parameters(NOW)
            rows = fetch(session, BY_TASTE, now=NOW, nearest=800, rows=800, **asked)
        assert len(rows) >= 790
