"""Applies a history within this process, in a manner of one's choosing; repeatable by its seed."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from threading import Event, Thread

import psycopg
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from domain.catalogue import HANDLERS, Handler
from domain.dispatch import Report, apply_due, is_passing
from domain.envelope import Envelope
from domain.matching.embedding import LocalEmbedder
from domain.outbox import publish_many
from domain.ratings.digest import LocalSummariser
from domain.routing import route
from domain.verdict import Rejected
from tests.helpers.roles import acting_as
from workers.chores.summaries import make_summaries
from workers.chores.vectors import make_vectors
from workers.desk import WorkDesk

# Longer than the longest pause between two looks at what waits for something.
NEXT_LOOK = timedelta(hours=2)
PATIENCE_S = 60
# Longer than a chore keeps what it has in hand, and than it waits for the cause of a request.
CHORES_NOW_AND_THEN = 0.3
NEXT_TICK = timedelta(minutes=6)
MOST_TICKS = 100
EMBEDDER = LocalEmbedder()
SUMMARISER = LocalSummariser()


@dataclass(frozen=True, slots=True)
class Manner:
    """How to apply: bounds of how many are published and claimed at once, and whether at random.

    Without a seed each portion is applied to the end before the next is published, handlers in
    the catalogue's order. With one, handlers take turns at random, and lag behind.
    """

    portion: tuple[int, int] = (500, 500)
    limit: tuple[int, int] = (500, 500)
    seed: int | None = None


IN_ORDER = Manner()


class Application:
    """One worker and one relay by turns, with a clock of their own."""

    def __init__(self, engine: Engine, manner: Manner = IN_ORDER) -> None:
        self._engine = engine
        self._manner = manner
        self._draw = Random(manner.seed)
        self._desk = WorkDesk(acting_as(engine, "worker"))
        self.now = datetime.now(UTC)
        # What was applied only because it was looked at again, though nothing new had arrived.
        self.healed = 0
        # The handlers that had something to do.
        self.busy: set[str] = set()

    def run(self, history: Sequence[Envelope]) -> None:
        """Publish a history portion by portion and apply it, then whatever follows from it."""
        with self._desk:
            for portion in self._portions(history):
                self.publish(portion)
                if self._manner.seed is None:
                    self.settle()
                else:
                    self._dabble()
            self.settle()
            self._look_again()
        self.catch_up()

    def publish(self, portion: Sequence[Envelope]) -> int:
        """Publish in one transaction; how many were new."""
        with Session(acting_as(self._engine, "gateway")) as session, session.begin():
            return publish_many(session, portion)

    def settle(self) -> None:
        """Route and apply until nothing is due."""
        while self._round():
            pass

    def _portions(self, history: Sequence[Envelope]) -> Iterator[Sequence[Envelope]]:
        start = 0
        while start < len(history):
            end = start + self._draw.randint(*self._manner.portion)
            yield history[start:end]
            start = end

    def _dabble(self) -> None:
        """Route a part, and let some of the handlers apply a part."""
        self.route(self._draw.randint(1, 2 * self._manner.portion[1]))
        for handler in self._due(self._draw.sample(list(HANDLERS), len(HANDLERS) // 3)):
            self.apply(handler)
        if self._draw.random() < CHORES_NOW_AND_THEN:
            self.do_chores()

    def _round(self) -> bool:
        """Let the relay and every handler have a turn; whether any had something to do."""
        busy = self.route(1_000) > 0
        handlers = self._due(HANDLERS)
        if self._manner.seed is not None:
            self._draw.shuffle(handlers)
        for handler in handlers:
            busy |= self.apply(handler).claimed > 0
        return busy

    def route(self, limit: int) -> int:
        """Route up to so many domain events; how many there were."""
        with self._desk.quick() as session:
            return route(session, limit=limit, now=self.now)[0]

    def _due(self, names: Iterable[str]) -> list[Handler]:
        """Give those of these handlers that have something due: most never have."""
        statement = text("SELECT DISTINCT handler FROM deliveries WHERE due_at <= :now")
        with self._engine.connect() as connection:
            due = set(connection.scalars(statement, {"now": self.now}))
        return [HANDLERS[name] for name in names if name in due]

    def apply(self, handler: Handler) -> Report:
        """Apply one batch."""
        limit = self._draw.randint(*self._manner.limit)
        report = apply_due(self._desk.desk, handler, limit=limit, now=self.now)
        if report.claimed:
            self.busy.add(handler.name)
        return report

    def close(self) -> None:
        """Let go of its connections; they come back when it goes on."""
        self._desk.close()

    def take_directly(self, said: Envelope) -> None:
        """Let the handlers of a domain event have it, and nobody yet what follows from it."""
        self.route(1_000)
        for handler in HANDLERS.values():
            if said.type == handler.payload.TYPE:
                self.apply(handler)

    def do_chores(self) -> int:
        """Let the chores have a turn; how much they did."""
        return do_chores(self._engine, self.now)

    def catch_up(self) -> None:
        """Let time pass until the chores have done all that is asked of them."""
        for _ in range(MOST_TICKS):
            if not self.do_chores() and not undone(self._engine):
                return
            self.now += NEXT_TICK
        raise AssertionError(undone(self._engine))

    def _look_again(self) -> None:
        """Let time pass until what still waits is looked at again, and again, to no avail."""
        moved = True
        while moved:
            self.now += NEXT_LOOK
            moved = False
            for handler in self._due(HANDLERS):
                report = self.apply(handler)
                moved |= bool(report.outcomes.keys() - {"deferred"})
                self.healed += _healed(report)
            self.settle()


def do_chores(engine: Engine, now: datetime) -> int:
    """Make vectors and summaries with what runs within the process."""
    scheduler = acting_as(engine, "scheduler")
    made = make_vectors(scheduler, EMBEDDER, now=now)
    return made + make_summaries(scheduler, SUMMARISER, now=now)


def undone(engine: Engine) -> list[str]:
    """Say what chores have still to do."""
    statement = """
        SELECT 'to be made: ' || kind || ' ' || target FROM matching_requests
        UNION ALL
        SELECT 'to be summed up: ' || event_id FROM feedback_summaries WHERE due_at IS NOT NULL
    """
    with engine.connect() as connection:
        return [line for (line,) in connection.execute(text(statement))]


def _healed(report: Report) -> int:
    """How many were applied, or refused for a reason of their own.

    What lacks two things waits for one of them; that the other was refused is found by looking.
    """
    others = sum(count for name, count in report.outcomes.items() if name != "deferred")
    return others - sum(
        isinstance(verdict, Rejected) and verdict.reason == "refers_to_rejected"
        for verdict in report.verdicts.values()
    )


def apply_by_many(engine: Engine, history: Sequence[Envelope], *, workers: int, seed: int) -> None:
    """Apply a history with several workers at once, while it is still being published."""
    published = Event()
    errors: list[BaseException] = []

    def work(number: int) -> None:
        try:
            _work_until_done(engine, published, Random(seed + number))
        except BaseException as error:
            errors.append(error)
            raise

    threads = [Thread(target=work, args=(number,), daemon=True) for number in range(workers)]
    for thread in threads:
        thread.start()
    publisher = Application(engine)
    for start in range(0, len(history), 50):
        publisher.publish(history[start : start + 50])
    published.set()
    for thread in threads:
        thread.join(PATIENCE_S)
    assert not errors, errors
    assert not any(thread.is_alive() for thread in threads), "the workers don't come to an end"


def _work_until_done(engine: Engine, published: Event, draw: Random) -> None:
    """Route and apply at random until everything is published and nothing was left to do."""
    handlers = list(HANDLERS.values())
    with WorkDesk(acting_as(engine, "worker")) as desk:
        while True:
            was_last = published.is_set()
            busy = False
            draw.shuffle(handlers)
            for handler in handlers:
                busy |= _turn(desk, handler, limit=draw.randint(1, 60))
            if draw.random() < CHORES_NOW_AND_THEN:
                do_chores(engine, datetime.now(UTC))
            if was_last and not busy and not unsettled(engine):
                return


def _turn(desk: WorkDesk, handler: Handler, *, limit: int) -> bool:
    """Take a turn as a worker does: trouble that passes is met by trying again."""
    now = datetime.now(UTC)
    try:
        with desk.quick() as session:
            routed = route(session, limit=limit, now=now).number
        return routed > 0 or apply_due(desk.desk, handler, limit=limit, now=now).claimed > 0
    except (DBAPIError, psycopg.Error) as error:
        if not is_passing(error):
            raise
        return True


def unsettled(engine: Engine) -> list[str]:
    """Say what isn't settled, or not well: lost on the way, failed, or dead."""
    statement = """
        SELECT 'in the outbox: ' || type FROM outbox
        UNION ALL
        SELECT handler || ' ' || seq || ' is ' || state || coalesce(': ' || error, '')
        FROM deliveries WHERE state NOT IN ('done', 'rejected', 'deferred')
        UNION ALL
        SELECT 'never routed: ' || type FROM domain_events AS said
        WHERE NOT EXISTS (SELECT FROM deliveries WHERE deliveries.seq = said.seq)
            AND NOT EXISTS (SELECT FROM outbox WHERE outbox.seq = said.seq)
            AND type = ANY(:handled)
    """
    handled = sorted({handler.payload.TYPE for handler in HANDLERS.values()})
    with engine.connect() as connection:
        return [line for (line,) in connection.execute(text(statement), {"handled": handled})]
