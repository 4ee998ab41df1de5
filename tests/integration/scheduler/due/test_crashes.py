"""G1, G14: a scheduler that is killed at any statement does no harm."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Final

import psycopg
import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from tests.helpers.clock import drain, newest, peek, said_since
from tests.helpers.evening import START, Diary, tell
from tests.helpers.fuse import Fuse, fused_engine

# More statements than draining has.
TOO_MANY: Final = 200


@pytest.fixture
def fuse(database_url: str) -> Iterator[Fuse]:
    fuse = Fuse(database_url)
    yield fuse
    fuse.close()


@pytest.fixture
def fused(database_url: str, fuse: Fuse) -> Iterator[Engine]:
    engine = fused_engine(database_url, fuse)
    yield engine
    engine.dispose()


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
