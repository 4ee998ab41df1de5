"""Dispatch: a batch is applied in one transaction, and poison hurts only itself."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any, Final

import psycopg
import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from domain.batch import DomainEvent
from domain.catalogue import HANDLERS
from domain.constants import FAILED_ATTEMPTS
from domain.deaths import count_deaths_by_handler
from domain.dispatch import apply_due, is_passing
from domain.sql import execute
from domain.tables.ledger import DeliveryState
from tests.helpers.ledger import (
    CANARY_PHONE,
    DONE,
    REGISTERED,
    VERIFIED,
    Row,
    a_registration,
    a_verification,
    ask,
    backend,
    behaving,
    deliveries,
    due_in,
    impatient_desk,
    poisoned,
    publish,
    route_all,
)
from tests.helpers.pages import an_id
from tests.helpers.roles import acting_as
from workers.desk import WorkDesk

NOW = datetime(2026, 6, 1, tzinfo=UTC)
NAMES = tuple(f"person {number:02}" for number in range(25))


@pytest.fixture
def desk(engine: Engine) -> Iterator[WorkDesk]:
    with WorkDesk(acting_as(engine, "worker")) as desk:
        yield desk


@pytest.fixture
def people(engine: Engine) -> None:
    """All of them want to sign up."""
    publish(engine, *map(a_registration, NAMES))
    route_all(engine, NOW)


def users(engine: Engine) -> int:
    count: int = ask(engine, "SELECT count(*) FROM users")
    return count


def kill(session: Session, pid: int) -> None:
    execute(session, "SELECT pg_terminate_backend(%(pid)s)", pid=pid)


@pytest.mark.usefixtures("people")
class TestApplyDue:
    def test_claims_no_more_than_it_may_and_settles_it(
        self, engine: Engine, desk: WorkDesk
    ) -> None:
        report = apply_due(desk.desk, REGISTERED, limit=20, now=NOW)
        assert (report.claimed, report.outcomes) == (20, {"done": 20})
        assert users(engine) == 20
        assert apply_due(desk.desk, REGISTERED, limit=20, now=NOW).claimed == 5
        assert apply_due(desk.desk, REGISTERED, limit=20, now=NOW).claimed == 0
        assert deliveries(engine, REGISTERED) == dict.fromkeys(NAMES, DONE)

    def test_leaves_what_is_not_due_yet(self, engine: Engine, desk: WorkDesk) -> None:
        earlier = NOW - timedelta(seconds=1)
        assert apply_due(desk.desk, REGISTERED, limit=20, now=earlier).claimed == 0
        assert users(engine) == 0

    @pytest.mark.parametrize(
        "poison",
        [NAMES[:1], NAMES[-1:], NAMES[11:14], NAMES[::2], NAMES],
        ids=["first", "last", "neighbours", "every second", "all"],
    )
    def test_fails_exactly_the_poison_and_applies_all_others(
        self, engine: Engine, desk: WorkDesk, poison: Sequence[str]
    ) -> None:
        """G8: halved until the poison stands alone."""
        report = apply_due(desk.desk, poisoned(REGISTERED, poison), limit=100, now=NOW)
        assert report.claimed == len(NAMES)
        assert report.outcomes.get("failed") == len(poison)
        assert report.outcomes.get("done", 0) == len(NAMES) - len(poison)
        became = deliveries(engine, REGISTERED)
        assert {name for name, row in became.items() if row.state == "failed"} == {*poison}
        assert {row for row in became.values() if row.state != "failed"} <= {DONE}
        assert users(engine) == len(NAMES) - len(poison)

    def test_keeps_nothing_that_was_said_in_the_error(self, engine: Engine, desk: WorkDesk) -> None:
        """G15: neither what our own code raises with it, nor what Postgres quotes."""
        said = ask(engine, "SELECT min(data::text) FROM domain_events")
        assert "phone_number" in said
        assert CANARY_PHONE not in said

        def quote(session: Session, batch: Sequence[DomainEvent[Any]]) -> None:
            said = next(each for each in batch if each.id == NAMES[1])
            execute(session, "SELECT %(phone)s::text::uuid", phone=said.payload.phone_number)

        apply_due(desk.desk, poisoned(REGISTERED, NAMES[:1]), limit=1, now=NOW)
        apply_due(desk.desk, behaving(REGISTERED, quote), limit=1, now=NOW)
        became = deliveries(engine, REGISTERED)
        ours, theirs = became[NAMES[0]].error or "", became[NAMES[1]].error or ""
        assert ours.startswith("PoisonError")
        assert "22P02" in theirs
        assert "domain/" not in theirs
        assert CANARY_PHONE not in ours + theirs
        assert "person" not in ours + theirs

    def test_rolls_back_what_a_failed_one_wrote_before_it_raised(
        self, engine: Engine, desk: WorkDesk
    ) -> None:
        """G3: applied in a later try, its effect is there once."""
        apply_due(desk.desk, poisoned(REGISTERED, NAMES), limit=1, now=NOW)
        assert users(engine) == 0
        apply_due(desk.desk, REGISTERED, limit=100, now=NOW + timedelta(minutes=1))
        assert users(engine) == len(NAMES)
        assert ask(engine, "SELECT count(*) FROM user_facts") == len(NAMES)


def test_what_nobody_may_publish_any_more_is_still_applied(engine: Engine, desk: WorkDesk) -> None:
    """It was taken under the rules of its day: names with line ends, for one."""
    page = a_registration("Ada")
    said = {**json.loads(page.data), "first_name": "Ada\nof old"}
    publish(engine, replace(page, data=json.dumps(said)))
    route_all(engine, NOW)
    apply_due(desk.desk, REGISTERED, limit=1, now=NOW)
    assert deliveries(engine, REGISTERED) == {"Ada": DONE}


class TestFailing:
    @pytest.fixture(autouse=True)
    def ada(self, engine: Engine) -> None:
        publish(engine, a_registration("Ada"))
        route_all(engine, NOW)

    def test_tries_again_after_ever_longer_pauses_until_it_is_dead(
        self, engine: Engine, desk: WorkDesk
    ) -> None:
        """G16: about a day, then kept with its error until somebody looks at it."""
        poison = poisoned(REGISTERED, ["Ada"])
        now, pauses = NOW, []
        for attempt in range(1, FAILED_ATTEMPTS):
            assert apply_due(desk.desk, poison, limit=10, now=now).outcomes == {"failed": 1}
            row = deliveries(engine, REGISTERED)["Ada"]
            assert (row.state, row.attempts) == ("failed", attempt)
            pause = due_in(engine, "Ada", now)
            assert pause is not None
            pauses.append(pause)
            assert apply_due(desk.desk, poison, limit=10, now=now + pause * 0.99).claimed == 0
            now += pause
        assert apply_due(desk.desk, poison, limit=10, now=now).outcomes == {"dead": 1}
        row = deliveries(engine, REGISTERED)["Ada"]
        assert (row.state, row.attempts) == ("dead", FAILED_ATTEMPTS)
        assert row.error is not None
        assert due_in(engine, "Ada", now) is None
        assert all(later > 2 * sooner for sooner, later in pairwise(pauses))
        assert timedelta(hours=18) < sum(pauses, timedelta()) < timedelta(hours=30)

    def test_leaves_alone_what_another_worker_has_settled_meanwhile(
        self, engine: Engine, desk: WorkDesk
    ) -> None:
        """G3: between the error and its being written down, the delivery is anybody's."""
        with WorkDesk(engine) as other:

            class SlowWorker:
                """Raises, and while it writes that down another worker has a go."""

                note = staticmethod(desk.note)
                opened = 0

                def transaction(self) -> Any:
                    self.opened += 1
                    if self.opened == 2:
                        apply_due(other.desk, REGISTERED, limit=10, now=NOW)
                    return desk.transaction()

            slow: Any = SlowWorker()
            apply_due(slow, poisoned(REGISTERED, ["Ada"]), limit=10, now=NOW)
        assert deliveries(engine, REGISTERED)["Ada"] == DONE


class TestPassingTrouble:
    """Trouble of the database is nobody's fault: all stays due, and nothing is counted."""

    UNTOUCHED: Final = {"Ada verified": Row(DeliveryState.PENDING)}

    @pytest.fixture(autouse=True)
    def ada(self, engine: Engine, desk: WorkDesk) -> None:
        publish(engine, a_registration("Ada"))
        route_all(engine, NOW)
        assert apply_due(desk.desk, REGISTERED, limit=10, now=NOW).outcomes == {"done": 1}
        publish(engine, a_verification("Ada verified", of="Ada"))
        route_all(engine, NOW)

    def sweep(self, engine: Engine) -> int:
        with Session(engine) as session, session.begin():
            return count_deaths_by_handler(session, datetime.now(UTC)).total()

    def test_waits_out_somebody_elses_lock_without_blaming_what_waits(
        self, engine: Engine, desk: WorkDesk, database_url: str
    ) -> None:
        with impatient_desk(database_url) as impatient, engine.connect() as holder:
            holder.execute(
                text("SELECT FROM users WHERE id = :id FOR UPDATE"), {"id": an_id("Ada")}
            )
            for _ in range(6):
                with pytest.raises((DBAPIError, psycopg.Error)) as raised:
                    apply_due(impatient.desk, VERIFIED, limit=10, now=NOW)
                assert is_passing(raised.value)
                self.sweep(engine)
            assert deliveries(engine, VERIFIED) == self.UNTOUCHED
        assert apply_due(desk.desk, VERIFIED, limit=10, now=NOW).outcomes == {"done": 1}

    @pytest.mark.parametrize("which", ["work", "side"])
    def test_opens_a_new_connection_when_one_is_killed_between_batches(
        self, engine: Engine, desk: WorkDesk, which: str
    ) -> None:
        """G6."""
        with desk.transaction() as session, desk.quick() as quick:
            pids = {"work": backend(session.connection()), "side": backend(quick.connection())}
        with Session(engine) as session:
            kill(session, pids[which])
        with pytest.raises((DBAPIError, psycopg.Error)) as raised:
            apply_due(desk.desk, VERIFIED, limit=10, now=NOW)
        assert is_passing(raised.value)
        assert deliveries(engine, VERIFIED) == self.UNTOUCHED
        assert apply_due(desk.desk, VERIFIED, limit=10, now=NOW).outcomes == {"done": 1}

    def test_opens_a_new_connection_when_one_is_killed_within_a_batch(
        self, engine: Engine, desk: WorkDesk
    ) -> None:
        """G6."""

        def be_killed(session: Session, batch: Sequence[DomainEvent[Any]]) -> None:
            del batch
            with Session(engine) as elsewhere:
                kill(elsewhere, backend(session.connection()))
            execute(session, "SELECT 1")

        with pytest.raises((DBAPIError, psycopg.Error)) as raised:
            apply_due(desk.desk, behaving(VERIFIED, be_killed), limit=10, now=NOW)
        assert is_passing(raised.value)
        assert deliveries(engine, VERIFIED) == self.UNTOUCHED
        assert apply_due(desk.desk, VERIFIED, limit=10, now=NOW).outcomes == {"done": 1}

    def test_is_told_from_faults_of_what_was_asked(self) -> None:
        assert is_passing(psycopg.errors.DeadlockDetected())
        assert is_passing(psycopg.errors.DiskFull())
        assert is_passing(psycopg.OperationalError("the connection is lost"))
        assert not is_passing(psycopg.errors.UniqueViolation())
        assert not is_passing(psycopg.errors.QueryCanceled())
        assert not is_passing(ValueError())


class TestUnknownPayload:
    def test_a_payload_that_this_version_cannot_read_is_poison_like_any_other(
        self, engine: Engine, desk: WorkDesk
    ) -> None:
        """G8."""
        publish(engine, *map(a_registration, NAMES))
        route_all(engine, NOW)
        with engine.begin() as connection:
            connection.execute(
                text("UPDATE domain_events SET data = '{\"cups\": 2}' WHERE id = :id"),
                {"id": NAMES[3]},
            )
        apply_due(desk.desk, HANDLERS[REGISTERED.name], limit=100, now=NOW)
        became = deliveries(engine, REGISTERED)
        assert {name for name, row in became.items() if row != DONE} == {NAMES[3]}
        assert became[NAMES[3]].error is not None
        assert "ValidationError" in (became[NAMES[3]].error or "")
