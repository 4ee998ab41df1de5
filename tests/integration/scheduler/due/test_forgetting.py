"""What was published as due long ago is forgotten, page by page."""

from datetime import timedelta
from typing import Final

import pytest
from sqlalchemy import Engine, text
from sqlmodel import Session

from domain.constants import SAID_KEPT
from scheduler.due import forget_said
from scheduler.housekeeping import forget_due
from tests.helpers.clock import ring
from tests.helpers.diary import Diary
from tests.helpers.explain import explain, overhear
from tests.helpers.ledger import ask
from tests.helpers.pages import DAY, START
from tests.helpers.telling import tell

KINDS: Final = ("a", "b", "c")
OLD: Final = 40
SAY: Final = """
    INSERT INTO due_said (kind, due_at, subject)
    SELECT kind, :now - n * interval '24 hours', gen_random_uuid()
    FROM unnest(CAST(:kinds AS text[])) AS kind CROSS JOIN generate_series(1, :days) AS n
"""
COUNT: Final = "SELECT count(*) FROM due_said"


def going(_duration: timedelta) -> bool:
    return True


@pytest.fixture
def said(engine: Engine) -> Engine:
    """Of each of three kinds something a day, for so long that forty days of it are old."""
    days = SAID_KEPT.days + OLD
    with engine.begin() as connection:
        connection.execute(text(SAY), {"now": START, "kinds": list(KINDS), "days": days})
    return engine


def test_each_page_is_a_transaction(said: Engine) -> None:
    before = ask(said, COUNT)
    pages: list[int] = []

    def wait(_duration: timedelta) -> bool:
        pages.append(before - ask(said, COUNT))
        return len(pages) < 3

    assert forget_due(said, START, wait=wait, limit=50) == 100
    assert pages == [0, 50, 100]
    assert forget_due(said, START, wait=going, limit=50) == OLD * len(KINDS) - 100
    assert ask(said, "SELECT min(due_at) FROM due_said") == START - SAID_KEPT
    assert forget_due(said, START, wait=going, limit=50) == 0


def test_no_more_is_read_than_is_forgotten(said: Engine) -> None:
    """Whatever Postgres: an index that begins with another column is not skipped through."""
    with said.begin() as connection:
        connection.execute(text(SAY), {"now": START + 3_000 * DAY, "kinds": ["b"], "days": 2_900})
        connection.execute(text("ANALYZE due_said"))
    with Session(said) as session:
        heard = overhear(session)
        forget_said(session, START, limit=10)
        session.rollback()
        plan = explain(session, heard[0], generic=True)
    assert plan.read_whole == set(), plan
    assert plan.buffers < 100, plan


def test_what_is_forgotten_is_not_said_again(engine: Engine) -> None:
    diary = Diary()
    diary.people("Ada", "Bo")
    diary.paired("pair", "Ada", "Bo", at=START - 7 * DAY)
    tell(engine, diary.pages)
    # Nobody applies it.
    assert len(ring(engine, START)) == 1
    later = START + SAID_KEPT + DAY
    assert forget_due(engine, later, wait=going) == 1
    assert ring(engine, later) == []
