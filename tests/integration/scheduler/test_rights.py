"""Everything that the scheduler runs, it may: with its own role and no other's rights."""

from datetime import timedelta

from sqlalchemy import Engine

from scheduler.__main__ import our_timetable
from tests.helpers.corruptions import ADA
from tests.helpers.ledger import ask
from tests.helpers.pages import NOW
from tests.helpers.roles import acting_as
from tests.helpers.safety import an_evening_with_trouble
from tests.helpers.scheduling import Clock, a_ticker
from tests.helpers.telling import tell
from workers.settings import load_settings


def test_every_line_of_the_timetable_runs(engine: Engine) -> None:
    tell(engine, an_evening_with_trouble())
    assert ask(engine, "SELECT count(*) FROM users WHERE id = :id", id=ADA) == 1
    clock = Clock(NOW)
    timetable = our_timetable(load_settings({}), lambda _: True)
    ticker = a_ticker(acting_as(engine, "scheduler"), timetable, clock)
    for _ in range(2):
        for _, call in ticker.tracks().values():
            call()
        clock.forward(timedelta(days=1))
    results = "SELECT string_agg(DISTINCT schedule || ' ' || result, ', ') FROM ticks"
    assert ask(engine, f"{results} WHERE result <> 'done'") is None
    ran = ask(engine, "SELECT count(DISTINCT schedule) FROM ticks")
    assert ran == len(list(timetable))
