"""What somebody left is found by an index: erasing costs what is erased, not what there is."""

import pytest
from sqlalchemy import Engine, text

from domain.privacy.traces import TRACES

FOUND_BY = [
    *((trace.table, trace.person) for trace in TRACES),
    ("rating_facts", "rater_id"),
    ("connection_facts", "owner_id"),
    ("embeddings", "target"),
    ("notifications", "user_id"),
    ("events", "host_id"),
    ("users", "id"),
]


@pytest.mark.parametrize(("table", "person"), sorted(set(FOUND_BY)))
def test_an_index_begins_with_whose_it_is(engine: Engine, table: str, person: str) -> None:
    statement = text(
        """
        SELECT count(*) FROM pg_index
        JOIN pg_attribute AS first ON first.attrelid = indrelid AND first.attnum = indkey[0]
        WHERE indrelid = cast(:table AS regclass) AND first.attname = :person
            AND (indpred IS NULL OR pg_get_expr(indpred, indrelid) = format('(%I IS NOT NULL)',
                cast(:person AS text)))
        """
    )
    with engine.connect() as connection:
        assert connection.scalar(statement, {"table": table, "person": person})
