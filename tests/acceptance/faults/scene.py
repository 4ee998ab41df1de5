"""A load for real processes, and how to tell that all of it took effect, and once."""

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from itertools import permutations
from random import Random
from threading import Event, Thread
from typing import Final

import psycopg
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from domain.attendance.payloads import AttendeeCheckedIn
from domain.catalogue import CATALOGUE
from domain.dispatch import is_passing
from domain.envelope import Envelope
from domain.kudos.payloads import KudosGiven
from domain.outbox import publish_many
from domain.tables.kudos import Kudo
from tests.helpers.diary import Diary
from tests.helpers.ledger import (
    PATIENCE,
    a_registration,
    ask,
    drift,
    environment,
    publish,
    say,
    until,
)
from tests.helpers.pages import END, HOUR, START, an_id
from tests.helpers.telling import tell

GUESTS: Final = tuple(f"guest {number}" for number in range(24))
UNIT: Final = 1 << 40
# What a guarantee allows: work goes on within so long of the return of what was away.
SOON: Final = timedelta(seconds=5)
PUBLISHED_AT_ONCE: Final = 20
PUBLISH_EVERY_S: Final = 0.02


def a_party(engine: Engine) -> None:
    """An event at which everybody was, so that kudos count."""
    diary = Diary()
    diary.people("Hanna", "Cleo", *GUESTS)
    diary.event("drinks", host="Hanna", seats=100)
    for guest in GUESTS:
        diary.invited("drinks", guest)
        diary.paid("drinks", guest)
        diary.reported("drinks", guest, by="Hanna", status="attended")
    diary.ended("drinks")
    tell(engine, diary.pages)
    assert ask(engine, "SELECT count(*) FROM attendance WHERE status = 'attended'") == len(GUESTS)


def a_history(draw: Random) -> list[Envelope]:
    """Something for every lane, shuffled: kudos of all to all, check-ins, and newcomers."""
    thanks = [
        say(
            KudosGiven(
                kudos_id=an_id(f"kudos {place}"),
                event_id=an_id("drinks"),
                giver_id=an_id(giver),
                receiver_id=an_id(receiver),
                kudo=kudo,
            ),
            f"kudos {place}",
            at=END + HOUR,
        )
        for place, ((giver, receiver), kudo) in enumerate(
            (pair, kudo) for pair in permutations(GUESTS, 2) for kudo in Kudo
        )
    ]
    arrivals = [
        say(
            AttendeeCheckedIn(
                event_id=an_id("drinks"), user_id=an_id(guest), latitude=40.0, longitude=-74.0
            ),
            f"arrival {number} of {guest}",
            at=START + timedelta(minutes=number),
        )
        for guest in GUESTS
        for number in range(60)
    ]
    newcomers = [a_registration(f"newcomer {number}") for number in range(4_000)]
    pages = thanks + arrivals + newcomers
    return draw.sample(pages, len(pages))


class Publisher:
    """An API service that publishes all the time, one in five doubled, and never gives up."""

    def __init__(self, engine: Engine, seed: int) -> None:
        self._engine = engine
        self._draw = Random(seed)
        self._pages = a_history(self._draw)
        self._ended = Event()
        self._thread = Thread(target=self._run, daemon=True)
        self.published: list[Envelope] = []
        self.troubles = 0
        self.error: BaseException | None = None

    @contextmanager
    def at_work(self) -> Iterator["Publisher"]:
        """Publish until left; what is in hand then is published still."""
        self._thread.start()
        try:
            yield self
        finally:
            self._ended.set()
            self._thread.join(PATIENCE.total_seconds())
        assert not self._thread.is_alive(), "the publisher doesn't come to an end"
        assert self.error is None, repr(self.error)

    def _run(self) -> None:
        try:
            while not self._ended.wait(PUBLISH_EVERY_S) and self._pages:
                portion = [self._pages.pop() for _ in self._pages[:PUBLISHED_AT_ONCE]]
                doubled = self._draw.sample(self.published, min(4, len(self.published)))
                self._publish(portion + doubled)
                self.published += portion
        except BaseException as error:
            self.error = error
            raise

    def _publish(self, pages: Sequence[Envelope]) -> None:
        """Publish until the answer says that it is done."""
        deadline = time.monotonic() + PATIENCE.total_seconds()
        while True:
            try:
                with Session(self._engine) as session, session.begin():
                    publish_many(session, pages)
            except (DBAPIError, psycopg.Error) as error:
                if not is_passing(error) or time.monotonic() > deadline:
                    raise
                self.troubles += 1
                self._ended.wait(0.1)
            else:
                return


def our_environment(database_url: str, broker_url: str, **more: str) -> dict[str, str]:
    """What the processes are started with: batches small enough to be interrupted in between."""
    return environment(
        DATABASE_URL=database_url,
        BROKER_URL=broker_url,
        MOMENTO_WORKER_PROCESSES="2",
        MOMENTO_BATCH_SIZE="200",
        LOG_FORMAT="json",
        **more,
    )


def pass_time(duration: timedelta) -> None:
    """Let the load go on for a while."""
    Event().wait(duration.total_seconds())


def is_applied(engine: Engine, name: str) -> bool:
    """Whether a domain event was done by all its handlers."""
    statement = """
        SELECT coalesce(bool_and(row.state = 'done'), false)
        FROM domain_events AS said JOIN deliveries AS row USING (seq) WHERE said.id = :name
    """
    return bool(ask(engine, statement, name=name))


def work_goes_on(engine: Engine, name: str, within: timedelta = SOON) -> timedelta:
    """Publish somebody's registration and wait until it is applied; in what time it was."""
    began = time.monotonic()
    publish(engine, a_registration(name))
    until(lambda: is_applied(engine, name), "work goes on", within)
    return timedelta(seconds=time.monotonic() - began)


def wait_until_settled(engine: Engine, patience: timedelta = 2 * PATIENCE) -> None:
    """Wait until nothing is on its way any more."""
    statement = """
        SELECT (SELECT count(*) FROM outbox)
            + (SELECT count(*) FROM deliveries WHERE due_at IS NOT NULL)
    """
    until(lambda: ask(engine, statement) == 0, "everything is settled", patience)


def assert_all_applied_once(engine: Engine, published: Sequence[Envelope]) -> None:
    """G2 and G3: the input set is the settled set, and figures are those of the input set."""
    assert_input_is_settled(engine, published)
    assert ask(engine, "SELECT coalesce(sum(attempts), 0) FROM deliveries") == 0
    thanks = [page for page in published if page.type == KudosGiven.TYPE]
    assert figures(engine) == expected_figures(thanks)
    arrivals = {page.id for page in published if page.type == AttendeeCheckedIn.TYPE}
    assert ask(engine, "SELECT count(*) FROM attendance_check_ins") == len(arrivals)
    assert drift(engine) == []


def assert_input_is_settled(engine: Engine, published: Sequence[Envelope]) -> None:
    """G2: each was delivered to each handler that takes it, and is done by all of them."""
    handlers = {payload.TYPE: handlers for payload, handlers in CATALOGUE.items()}
    expected = {(page.id, each.name) for page in published for each in handlers[page.type]}
    statement = """
        SELECT said.id, row.handler, row.state
        FROM domain_events AS said LEFT JOIN deliveries AS row USING (seq)
    """
    with engine.connect() as connection:
        rows = connection.execute(text(statement)).all()
    settled = {(name, handler) for name, handler, state in rows if state == "done"}
    assert expected - settled == set()
    assert {row for row in rows if row.state not in {"done", None}} == set()


def figures(engine: Engine) -> dict[str, tuple[dict[str, int], int]]:
    """Everybody's kudos and what they are worth, as they stand."""
    statement = "SELECT user_id::text, aggregated_kudos, gratitude FROM user_internal_metrics"
    with engine.connect() as connection:
        rows = connection.execute(text(statement))
        return {user: (kudos, worth) for user, kudos, worth in rows if worth or kudos}


def expected_figures(thanks: Sequence[Envelope]) -> dict[str, tuple[dict[str, int], int]]:
    """The same from what was published, by the rule: each further kudos is worth half."""
    said = [KudosGiven.parse(page.data) for page in thanks]
    kudos: dict[str, Counter[str]] = {}
    pairs = Counter((given.receiver_id, given.giver_id) for given in said)
    for given in said:
        kudos.setdefault(given.receiver_id, Counter())[given.kudo.value] += 1
    worth: Counter[str] = Counter()
    for (receiver, _), count in pairs.items():
        worth[receiver] += 2 * UNIT - 2 * UNIT // 2**count
    return {user: (dict(counted), worth[user]) for user, counted in kudos.items()}
