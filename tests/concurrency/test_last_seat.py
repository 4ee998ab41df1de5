"""Three hundred people pay at once for the last twenty seats."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from threading import Barrier

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from domain.catalogue import HANDLERS
from domain.dispatch import apply_due, is_passing
from domain.envelope import Envelope
from domain.lanes import SEATS
from domain.routing import route
from tests.helpers.diary import Diary
from tests.helpers.ledger import a_registration, ask, drift, environment, publish, until
from tests.helpers.pages import START
from tests.helpers.processes import Crew, a_crew
from tests.helpers.telling import settle, tell
from workers.desk import WorkDesk

FREE, GUESTS = 20, tuple(f"guest {number}" for number in range(300))
PUBLISHERS, WORKERS = 6, 3
ON_LANE = [handler for handler in HANDLERS.values() if handler.lane == SEATS]


@pytest.fixture
def payments(engine: Engine) -> list[Envelope]:
    """Everybody is invited; what they pay is yet to be told."""
    diary = Diary()
    diary.people("Hanna", "Cleo", *GUESTS)
    diary.event("drinks", host="Hanna", seats=FREE)
    for guest in GUESTS:
        diary.invited("drinks", guest, expires_at=START)
    told = len(diary.pages)
    for guest in GUESTS:
        diary.paid("drinks", guest)
    tell(engine, diary.pages[:told])
    return diary.pages[told:]


@pytest.fixture
def crew(engine: Engine, database_url: str, broker_url: str, tmp_path: Path) -> Iterator[Crew]:
    """A relay and worker processes that take a few at a time."""
    environ = environment(DATABASE_URL=database_url, BROKER_URL=broker_url, MOMENTO_BATCH_SIZE="13")
    with a_crew(environ, tmp_path) as crew:
        publish(engine, a_registration("somebody"))
        until(lambda: "batch.applied" in crew.log(), "the processes are at work")
        yield crew


def publish_at_once(engine: Engine, payments: Sequence[Envelope], *, times: int) -> None:
    """Several threads publish one payment after another; each payment so many times."""
    barrier = Barrier(PUBLISHERS * times)

    def publish_share(number: int) -> None:
        barrier.wait(10)
        for payment in payments[number % PUBLISHERS :: PUBLISHERS]:
            publish(engine, payment)

    with ThreadPoolExecutor(PUBLISHERS * times) as pool:
        list(pool.map(publish_share, range(PUBLISHERS * times)))


def work(engine: Engine, seed: int) -> None:
    """Apply batches of random sizes until every payment was settled."""
    draw = Random(seed)
    with WorkDesk(engine) as desk:
        while settled(engine) < 2 * len(GUESTS):
            now = datetime.now(UTC)
            try:
                with desk.quick() as session:
                    route(session, limit=draw.randint(1, 50), now=now)
                for handler in draw.sample(ON_LANE, len(ON_LANE)):
                    apply_due(desk.desk, handler, limit=draw.randint(1, 40), now=now)
            except DBAPIError as error:
                if not is_passing(error):
                    raise


def settled(engine: Engine) -> int:
    """How many deliveries of payments are done; each payment has two."""
    count: int = ask(
        engine,
        "SELECT count(*) FROM deliveries WHERE state = 'done' AND handler = ANY(:handlers)",
        handlers=[h.name for h in ON_LANE if h.apply.__name__ == "apply_payment_succeeded"],
    )
    return count


def counts(engine: Engine, statement: str) -> dict[str, int]:
    with engine.connect() as connection:
        return dict(connection.execute(text(statement)).tuples().all())


class TestLastSeats:
    @pytest.mark.parametrize("times", [1, 2], ids=["published once", "published twice"])
    def test_go_to_as_many_as_there_are_and_the_others_get_their_money_back_once(
        self, engine: Engine, payments: list[Envelope], crew: Crew, times: int
    ) -> None:
        """G10, G3: real processes and workers of this one take part."""
        with ThreadPoolExecutor(WORKERS + 1) as pool:
            publishing = pool.submit(publish_at_once, engine, payments, times=times)
            workers = [pool.submit(work, engine, seed) for seed in range(WORKERS)]
            publishing.result(60)
            for worker in workers:
                worker.result(60)
        until(lambda: "invitations.apply_payment_succeeded" in crew.log(), "all took part")
        settle(engine)
        refused = len(GUESTS) - FREE
        assert counts(engine, "SELECT status, count(*) FROM invitations GROUP BY 1") == {
            "confirmed": FREE,
            "cancelled": refused,
        }
        assert counts(engine, "SELECT status, count(*) FROM payments GROUP BY 1") == {
            "succeeded": FREE,
            "refund_pending": refused,
        }
        requested = counts(
            engine,
            "SELECT subject, count(*) FROM domain_events WHERE type LIKE '%.refund.requested.%'"
            " GROUP BY 1",
        )
        assert len(requested) == refused
        assert {*requested.values()} == {1}
        assert ask(engine, "SELECT count(*) FROM attendance") == FREE
        assert {*counts(engine, "SELECT state, count(*) FROM deliveries GROUP BY 1")} == {"done"}
        assert drift(engine) == []
