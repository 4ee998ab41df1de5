"""Senders are killed and stopped while they send: nobody is told twice, and nobody is forgotten.

The witness is the providers' own journal.
"""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import Engine

from domain.tables.notifications import Channel
from tests.acceptance.faults.conftest import STARTED
from tests.acceptance.faults.scene import our_environment, pass_time
from tests.factories.audience import gather, line_up
from tests.helpers.ledger import until
from tests.helpers.post import Post, post_at
from tests.helpers.processes import GRACE, Crew, Program, stopped
from tests.helpers.sandbox import Clock, settings_for
from workers.sandbox import Fault, Kind, Sandbox, running_sandbox

SENDER = "workers.sending"
PEOPLE = 110
KILLS = 5
# Longer than what is in hand is waited for.
AFTERWARDS = timedelta(minutes=3)


@contextmanager
def senders(
    database_url: str, sandbox: Sandbox, directory: Path, *, count: int = 1
) -> Iterator[Crew]:
    """Sender processes that speak to the sandbox, started again when they end."""
    environment = our_environment(database_url, "redis://127.0.0.1:1") | {
        **settings_for(sandbox),
        # Named so that a text's notification is known; nobody listens there.
        "GATEWAY_PUBLIC_URL": "http://127.0.0.1:1",
    }
    programs = [
        Program(SENDER, environment, directory / f"sender-{number}.log") for number in range(count)
    ]
    with Crew(*programs) as crew:
        yield crew


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    with running_sandbox(tmp_path / "sandbox") as sandbox:
        yield sandbox


@pytest.fixture
def crowd(engine: Engine) -> None:
    """People who are to be told something on each channel now."""
    now = datetime.now(UTC)
    gather(engine, PEOPLE, now=now)
    for channel in Channel:
        line_up(engine, channel, count=PEOPLE, now=now)


def taken(sandbox: Sandbox) -> int:
    """How many messages the providers have taken."""
    return sum(len(entry.accepted) for entry in sandbox.journal.read())


def goes_on(engine: Engine, sandbox: Sandbox, before: int) -> bool:
    """Whether more was taken than before, or there is no more."""
    return taken(sandbox) > before or is_done(engine)


def settle(engine: Engine, sandbox: Sandbox) -> Post:
    """Look after what the dead had in hand, as senders do some minutes later."""
    clock = Clock(datetime.now(UTC) + AFTERWARDS)
    with post_at(engine, sandbox, clock) as post:
        post.live_on(until=clock.now + timedelta(hours=6))
    return post


@pytest.mark.usefixtures("crowd")
@pytest.mark.timeout(180)
class TestKill:
    def test_at_whatever_moment_it_comes(
        self, engine: Engine, database_url: str, sandbox: Sandbox, tmp_path: Path
    ) -> None:
        """G9, G7."""
        draw = Random(5)
        with senders(database_url, sandbox, tmp_path) as crew:
            for _ in range(KILLS):
                before = taken(sandbox)
                until(partial(goes_on, engine, sandbox, before), "something is sent", STARTED)
                pass_time(timedelta(seconds=draw.uniform(0, 0.2)))
                crew[SENDER].signal(signal.SIGKILL)
            until(lambda: is_done(engine), "all is sent", timedelta(seconds=60))
        post = settle(engine, sandbox)
        post.assert_nobody_was_told_twice()
        # No more than what was in hand: of pushes all may have been.
        assert post.left()["unknown"] < 2 * PEOPLE

    @pytest.mark.parametrize("accepts", [True, False], ids=["taken", "not taken"])
    def test_between_the_request_and_its_answer(
        self,
        *,
        accepts: bool,
        engine: Engine,
        database_url: str,
        sandbox: Sandbox,
        tmp_path: Path,
    ) -> None:
        servers = (sandbox.expo_server, sandbox.twilio_server, sandbox.smtp)
        for server in servers:
            server.faults.order(Fault(Kind.HANG, accepts=accepts))
        with senders(database_url, sandbox, tmp_path) as crew:
            until(
                lambda: (
                    {entry.provider for entry in sandbox.journal.read() if entry.fault}
                    == {"expo", "twilio", "smtp"}
                ),
                "all of them wait for an answer",
                STARTED,
            )
            crew[SENDER].signal(signal.SIGKILL)
            until(lambda: is_done(engine), "the rest is sent", timedelta(seconds=60))
        post = settle(engine, sandbox)
        post.assert_nobody_was_told_twice()


def is_done(engine: Engine) -> bool:
    """Whether nothing waits to be sent that no dead sender had in hand."""
    with engine.connect() as connection:
        query = "SELECT count(*) FROM notifications WHERE status = 'scheduled'"
        return not connection.exec_driver_sql(query).scalar_one()


@pytest.mark.usefixtures("crowd")
@pytest.mark.timeout(120)
def test_asked_to_go_it_records_what_it_has_sent(
    engine: Engine, database_url: str, sandbox: Sandbox, tmp_path: Path
) -> None:
    with senders(database_url, sandbox, tmp_path) as crew:
        until(lambda: taken(sandbox) > 0, "something is sent", STARTED)
        assert crew.dismiss(GRACE) == []
    statuses = {"scheduled", "sent"}
    with post_at(engine, sandbox, Clock(datetime.now(UTC))) as post:
        assert post.left().keys() <= statuses
        assert post.left()["sent"] == taken(sandbox)


@pytest.mark.usefixtures("crowd")
@pytest.mark.timeout(180)
def test_stopped_while_others_go_on(
    engine: Engine, database_url: str, sandbox: Sandbox, tmp_path: Path
) -> None:
    """A sender that is swapped out for a while has no part in what others have settled."""
    (tmp_path / "other").mkdir()
    with senders(database_url, sandbox, tmp_path) as one:
        until(lambda: taken(sandbox) > 0, "something is sent", STARTED)
        (process, *_) = one[SENDER].family()
        with (
            stopped(process, timedelta(seconds=1)),
            senders(database_url, sandbox, tmp_path / "other"),
        ):
            until(lambda: is_done(engine), "the other sends the rest", timedelta(seconds=60))
        until(lambda: is_done(engine), "all is sent", timedelta(seconds=60))
    post = settle(engine, sandbox)
    post.assert_nobody_was_told_twice()
