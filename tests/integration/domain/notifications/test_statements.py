"""The moment of sending costs a fixed number of statements, whatever the batch is about."""

from datetime import timedelta
from typing import Final

import pytest
from sqlalchemy import Engine, text
from sqlmodel import Session

from domain.notifications.concern import read_words, still_concerned
from domain.notifications.sending import claim, hand_over
from domain.tables.notifications import Channel
from tests.factories.rows import START
from tests.helpers.ears import BEFORE, INVITED, Ears
from tests.helpers.explain import overhear
from tests.helpers.pages import HOUR

NOON: Final = START - timedelta(days=1)
# A row of each text for each of so many people, a third of which is kept back.
LINE_UP: Final = """
    INSERT INTO notifications (id, user_id, category, template, params, channel, dedupe_key,
        status, send_after, expires_at, domain_event_id)
    SELECT gen_random_uuid(), person.id, 'push_social', template, '{}', 'push',
        template || ':' || n, 'scheduled', :now, :now + interval '1 day', n
    FROM generate_series(1, :count) AS n
    CROSS JOIN unnest(cast(:templates AS text[])) AS template
    JOIN users AS person ON person.clerk_id = 'guest ' || n % 3
"""


@pytest.fixture
def town(engine: Engine) -> Engine:
    """Three people, of whom one is paused."""
    with engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO users (id, clerk_id, birth_date, status)"
                " SELECT gen_random_uuid(), 'guest ' || n, '1990-05-01',"
                " CASE n WHEN 0 THEN 'paused' ELSE 'active' END FROM generate_series(0, 2) AS n"
            )
        )
    return engine


def line_up(engine: Engine, count: int, *templates: str) -> None:
    with engine.begin() as connection:
        connection.execute(
            text(LINE_UP), {"now": NOON, "count": count, "templates": list(templates)}
        )


def send(engine: Engine) -> tuple[int, int, int]:
    """How many were claimed, how many went, and with how many statements."""
    with Session(engine) as session, session.begin():
        heard = overhear(session)
        claimed = claim(session, Channel.PUSH, now=NOON, limit=10_000)
        go = still_concerned(session, claimed, now=NOON)
        read_words(session, go)
        hand_over(session, go)
        return len(claimed), len(go), len(heard)


class TestStatements:
    @pytest.mark.parametrize("count", [3, 300])
    def test_as_many_for_a_thousand_as_for_a_few(self, town: Engine, count: int) -> None:
        line_up(town, count, "invitation", "suspended", "seat_refused", "report_resolved")
        claimed, went, statements = send(town)
        assert (claimed, went > 0, went < claimed) == (4 * count, True, True)
        assert statements == 5

    def test_nothing_is_written_where_all_go(self, ears: Ears) -> None:
        ears.diary.invited("drinks", "Ada", at=INVITED)
        ears.hear(at=INVITED)
        with Session(ears.engine) as session, session.begin():
            due = claim(session, Channel.PUSH, now=BEFORE - 12 * HOUR, limit=10)
            heard = overhear(session)
            still_concerned(session, due, now=INVITED)
            assert len(heard) == 1
