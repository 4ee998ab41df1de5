"""Several senders at one table: each notification goes out once, and all keep to one pace."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlmodel import Session

from domain.notifications.handing import take
from domain.ports import PortTroubleError
from domain.resting import rest
from domain.tables.notifications import Channel
from tests.factories.audience import gather, line_up
from tests.helpers.post import Post, post_at
from tests.helpers.sandbox import Clock
from workers.sandbox import running_sandbox

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
PEOPLE = 120
SENDERS = 4


@pytest.fixture
def post(engine: Engine, tmp_path: Path) -> Iterator[Post]:
    clock = Clock(NOW)
    with running_sandbox(tmp_path, clock=clock) as sandbox, post_at(engine, sandbox, clock) as post:
        yield post


@pytest.mark.parametrize("channel", Channel)
def test_each_goes_out_once(channel: Channel, post: Post) -> None:
    gather(post.engine, PEOPLE, now=NOW)
    line_up(post.engine, channel, count=PEOPLE, now=NOW)

    def send() -> None:
        while post.step(channel):
            pass

    with ThreadPoolExecutor(SENDERS) as pool:
        for each in [pool.submit(send) for _ in range(SENDERS)]:
            each.result()
    assert Counter(post.times_told().values()) == {1: PEOPLE}
    assert post.left() == {"sent": PEOPLE}


def test_what_is_lost_is_settled_once(post: Post) -> None:
    gather(post.engine, PEOPLE, now=NOW)
    line_up(post.engine, Channel.PUSH, count=PEOPLE, now=NOW)
    post.desks[Channel.PUSH].take()
    post.clock.pass_by(timedelta(minutes=3))
    desk = post.desks[Channel.PUSH]
    with ThreadPoolExecutor(SENDERS) as pool:
        found = [pool.submit(desk.give_up_lost) for _ in range(SENDERS)]
        assert max(each.result() for each in found) == 100
    assert post.left() == {"unknown": 100, "scheduled": PEOPLE - 100}


def test_all_keep_to_one_pace(engine: Engine) -> None:
    """A hundred pushes at a hundred a second use the channel up for a second, whoever asks."""
    gather(engine, PEOPLE, now=NOW)
    line_up(engine, Channel.PUSH, count=PEOPLE, now=NOW)

    def ask(now: datetime) -> tuple[int, datetime | None]:
        with Session(engine) as session, session.begin():
            taken = take(session, Channel.PUSH, limit=100, a_second=100, now=now)
        return len(taken.in_hand), taken.wait_until

    free = NOW + timedelta(seconds=1)
    assert ask(NOW) == (100, None)
    assert ask(NOW) == (0, free)
    assert ask(free - timedelta(milliseconds=1)) == (0, free)
    assert ask(free) == (PEOPLE - 100, None)


def test_a_clock_that_was_ahead_stops_nobody(engine: Engine) -> None:
    """A host whose clock is an hour ahead sends, and rests the channel; then it is gone."""
    gather(engine, PEOPLE, now=NOW)
    line_up(engine, Channel.PUSH, count=PEOPLE, now=NOW)
    ahead = NOW + timedelta(hours=1)
    with Session(engine) as session, session.begin():
        assert take(session, Channel.PUSH, limit=1, a_second=1, now=ahead).in_hand
        rest(session, Channel.PUSH, PortTroubleError("http_500"), now=ahead)
    with Session(engine) as session, session.begin():
        assert take(session, Channel.PUSH, limit=1, a_second=1, now=NOW).in_hand


def test_a_look_in_vain_writes_nothing(engine: Engine) -> None:
    with Session(engine) as session, session.begin():
        assert take(session, Channel.PUSH, limit=100, a_second=100, now=NOW).in_hand == []
        assert session.connection().exec_driver_sql(WRITTEN).scalar_one() is None


# Null as long as a transaction has changed nothing.
WRITTEN = "SELECT pg_current_xact_id_if_assigned()"
