"""A sender dies, or loses its database, at every statement that it runs: nobody is told twice."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from domain.tables.notifications import Channel
from tests.factories.audience import gather, line_up
from tests.helpers.fuse import Fuse, fused_engine
from tests.helpers.post import Post, post_at
from tests.helpers.sandbox import Clock
from workers.sandbox import running_sandbox
from workers.sending.desk import SendingDesk

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
LOOK = timedelta(minutes=15)
# More statements than a round has.
MOST = 80


@pytest.fixture
def post(database_url: str, engine: Engine, tmp_path: Path) -> Iterator[Post]:
    clock = Clock(NOW)
    with running_sandbox(tmp_path, clock=clock) as sandbox, post_at(engine, sandbox, clock) as post:
        yield post


def a_round(desk: SendingDesk, clock: Clock, *, survives: bool) -> None:
    """Take, send and record, and ask; one that survives records again what it has sent."""
    taken = desk.take()
    if taken.in_hand:
        results = desk.send(taken.in_hand)
        try:
            desk.record(taken.in_hand, results)
        except DBAPIError:
            if not survives:
                raise
            desk.record(taken.in_hand, results)
    before = clock.now
    clock.pass_by(LOOK)
    try:
        desk.ask()
    finally:
        clock.now = before


@pytest.mark.parametrize("survives", [False, True], ids=["dies", "loses its database"])
@pytest.mark.parametrize("channel", Channel)
def test_at_every_statement(
    channel: Channel, *, survives: bool, database_url: str, fuse: Fuse, post: Post
) -> None:
    gather(post.engine, 1, now=NOW)
    desk = post.desks[channel]
    broken = SendingDesk(fused_engine(database_url, fuse), desk.outlet, desk.clock)
    for statement in range(1, MOST):
        line_up(post.engine, channel, count=1, now=NOW, key=f"crash {statement}")
        fuse.arm(statement)
        try:
            a_round(broken, post.clock, survives=survives)
        except DBAPIError:
            assert fuse.has_blown
        fuse.disarm()
        if not fuse.has_blown:
            break
        # What was in hand is lost; nobody else may be kept from sending by it.
        post.deliver(channel)
    else:
        pytest.fail("the round never ended")
    assert statement > 20
    post.live_on(until=NOW + timedelta(hours=12))
    post.assert_nobody_was_told_twice()
    assert post.left()["sent"] + post.left()["delivered"] > statement / 2
