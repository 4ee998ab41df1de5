"""G1, G14: a scheduler that is killed at any statement does no harm."""

from contextlib import suppress
from typing import Final

import psycopg
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from domain.ticks import interrupt_all
from scheduler.timetable import Timetable
from tests.factories.facts import MINUTE
from tests.helpers.clock import Said, drain, newest, peek, ring, said_since
from tests.helpers.diary import Diary
from tests.helpers.fuse import Fuse
from tests.helpers.pages import DAY, START, an_id
from tests.helpers.scheduling import Clock, a_ticker, ticks
from tests.helpers.telling import tell

# More statements than draining has.
TOO_MANY: Final = 200
# More than a beat has of which a page is due; each finds an invitation of its own.
MOST: Final = 80
FIRST: Final = START - 2 * DAY


def test_a_crash_at_every_statement_does_no_harm(engine: Engine, fused: Engine, fuse: Fuse) -> None:
    diary = Diary()
    people = [f"Guest {number}" for number in range(8)]
    diary.people("Hanna", "Cleo", *people)
    diary.event("drinks", host="Hanna", seats=50)
    for person in people:
        diary.invited("drinks", person)
    tell(engine, diary.pages)
    before, due = newest(engine), peek(engine, START)
    for number in range(1, TOO_MANY):
        fuse.arm(number)
        with suppress(DBAPIError, psycopg.Error):
            drain(fused, START, limit=3)
        fuse.disarm()
        if not fuse.has_blown:
            break
    said = said_since(engine, before)
    assert number > 20
    assert sorted(said) == sorted(due)
    assert [each.time for each in said] == sorted(each.time for each in said)


def test_a_crash_between_publishing_and_recording_the_tick_does_no_harm(
    engine: Engine, fused: Engine, fuse: Fuse
) -> None:
    """G7, G14: whoever leads next says the rest, and meets the tick that was begun."""
    people = [f"Guest {number}" for number in range(MOST)]
    diary = Diary()
    diary.people("Hanna", "Cleo", *people)
    diary.event("drinks", host="Hanna", seats=MOST)
    for minutes, person in enumerate(people):
        diary.invited("drinks", person, expires_at=FIRST + minutes * MINUTE)
    tell(engine, diary.pages)
    ring(engine, FIRST - MINUTE)
    timetable, clock = Timetable(), Clock()
    for number, person in enumerate(people, 1):
        clock.now = FIRST + (number - 1) * MINUTE
        before = newest(engine)
        fuse.arm(number)
        with suppress(DBAPIError, psycopg.Error):
            a_ticker(fused, timetable, clock).tick_due()
        fuse.disarm()
        with Session(engine) as session, session.begin():
            interrupt_all(session)
        a_ticker(engine, timetable, clock).tick_due()
        assert said_since(engine, before) == [
            Said("invitation.expired", an_id(f"drinks {person}"), clock.now)
        ]
        assert [result for _, _, result, _ in ticks(engine, "invitations.expire")][-1] == "done"
        if not fuse.has_blown:
            break
    assert 20 < number < MOST
