"""A lane or handler is held back: by leave, until an end, written down, and obeyed by workers."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, text
from sqlmodel import Session

from dashboard.holding import Holding, holdings
from domain.catalogue import HANDLERS
from domain.figures.reading_system import COUNTED_PAUSES, read_pauses, read_processes
from domain.figures.reading_work import read_work
from domain.ops.acting import TakenError, WrongRequestError
from domain.ops.pausing import Hold, pause, resume
from domain.ops.permissions import Actor, ForbiddenError
from domain.pausing import pauses_at
from domain.routing import due_handlers
from domain.tables.accounts import Role, Via
from tests.helpers.command import Momento
from tests.helpers.ledger import REGISTERED, VERIFIED, a_registration, ask, publish
from tests.helpers.postgres import PostgresServer
from tests.helpers.roles import acting_as
from tests.integration.dashboard.scene import plant
from workers.bells import Bells
from workers.broker import make_broker
from workers.clock import utc_now
from workers.desk import WorkDesk
from workers.measuring import Measures
from workers.pausing import Pauses
from workers.reporting import Presence, Reporter
from workers.work import Shift

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
OPERATOR = Actor("grace", Role.OPERATOR, Via.DASHBOARD)
VIEWER = Actor("ada", Role.VIEWER, Via.API)
LANE = REGISTERED.lane


@pytest.fixture(scope="module")
def database(postgres_server: PostgresServer) -> Iterator[Engine]:
    """One for all of this; what a test pauses ends with it."""
    with postgres_server.engine(pool_size=6) as made:
        yield made


@pytest.fixture
def engine(database: Engine) -> Iterator[Engine]:
    yield database
    with database.begin() as connection:
        connection.execute(text("TRUNCATE pauses, processes, audit_log, deliveries, outbox"))


@pytest.fixture
def database_url(database: Engine) -> str:
    """The command speaks to the same."""
    return database.url.render_as_string(hide_password=False)


def hold(engine: Engine, name: str, *, now: datetime = NOW, span: timedelta = HOUR) -> None:
    with Session(acting_as(engine, "dashboard")) as session, session.begin():
        pause(session, OPERATOR, Hold(name, now + span, "provider down"), now=now)


def entries(engine: Engine) -> list[tuple[str, ...]]:
    with engine.connect() as connection:
        statement = "SELECT actor, action, coalesce(handler, details->>'lane'), why FROM audit_log"
        return [tuple(row) for row in connection.execute(text(f"{statement} ORDER BY id"))]


def stands(engine: Engine) -> tuple[int, float | None]:
    """What is due of the lane, and since when the oldest, by the snapshot."""
    with Session(engine) as session:
        (lane,) = [each for each in read_work(session, NOW).lanes if each.name == LANE]
    return lane.queued.number, lane.oldest_s


class TestPausing:
    def test_is_written_down_with_reason_and_end_and_ends(self, engine: Engine) -> None:
        hold(engine, LANE)
        hold(engine, VERIFIED.name, span=2 * HOUR)
        with Session(engine) as session, session.begin():
            held = pauses_at(session, NOW)
            assert {each.name: each.until - NOW for each in held} == {
                LANE: HOUR,
                VERIFIED.name: 2 * HOUR,
            }
            assert {(each.actor, each.why) for each in held} == {("grace", "provider down")}
            assert [each.name for each in pauses_at(session, NOW + HOUR)] == [VERIFIED.name]
            assert resume(session, OPERATOR, VERIFIED.name, now=NOW)
            assert not resume(session, OPERATOR, VERIFIED.name, now=NOW)
            assert not resume(session, OPERATOR, LANE, now=NOW + HOUR)
        assert entries(engine) == [
            ("grace", "pause", LANE, "provider down"),
            ("grace", "pause", VERIFIED.name, "provider down"),
            ("grace", "resume", VERIFIED.name, None),
        ]

    def test_what_is_held_back_is_due_and_not_late(self, engine: Engine) -> None:
        """Another handler of the same lane can be."""
        with engine.begin() as connection:
            for handler, ago in ((REGISTERED, 9), (VERIFIED, 5)):
                connection.execute(
                    text(
                        "INSERT INTO deliveries (seq, handler, lane, received_at, state, due_at)"
                        " VALUES (1, :handler, :lane, :due, 'pending', :due)"
                    ),
                    {
                        "handler": handler.name,
                        "lane": handler.lane,
                        "due": NOW - timedelta(minutes=ago),
                    },
                )
        assert VERIFIED.lane == LANE
        late = list[tuple[int, float | None]]()
        for name in (VERIFIED.name, REGISTERED.name, LANE):
            late.append(stands(engine))
            hold(engine, name)
        assert [*late, stands(engine)] == [(2, 540.0), (2, 540.0), (2, None), (2, None)]
        with Session(engine) as session, session.begin():
            for name in (REGISTERED.name, LANE):
                resume(session, OPERATOR, name, now=NOW)
        assert stands(engine) == (2, 540.0)

    def test_of_two_the_second_sees_the_first_and_may_replace_what_it_saw(
        self, engine: Engine
    ) -> None:
        hold(engine, LANE)
        mine = Hold(LANE, NOW + 2 * HOUR, "mine")
        wrong = replace(mine, instead_of=NOW - HOUR)
        for refused in (mine, wrong):
            with (
                Session(engine) as session,
                pytest.raises(TakenError, match=r"grace until .*down”"),
            ):
                pause(session, OPERATOR, refused, now=NOW)
        later = NOW + timedelta(seconds=1)
        with Session(engine) as session, session.begin():
            pause(session, OPERATOR, replace(mine, instead_of=NOW), now=later)
            assert not resume(session, OPERATOR, LANE, now=later, since=NOW)
            assert [each.why for each in pauses_at(session, later)] == ["mine"]
            assert resume(session, OPERATOR, LANE, now=later, since=later)
        # One that is over by itself stands in nobody's way.
        hold(engine, LANE)
        hold(engine, LANE, now=NOW + HOUR)

    @pytest.mark.parametrize(
        ("name", "until", "why", "fault"),
        [
            ("no such lane", NOW + HOUR, "x", "no such lane or handler"),
            (LANE, NOW, "x", "still|to come"),
            (LANE, NOW + timedelta(days=8), "x", "7 days at most"),
            (LANE, NOW + HOUR, "  ", "Say why"),
        ],
    )
    def test_what_cannot_be_is_refused_and_changes_nothing(
        self, engine: Engine, name: str, until: datetime, why: str, fault: str
    ) -> None:
        with Session(engine) as session, pytest.raises(WrongRequestError, match=fault):
            pause(session, OPERATOR, Hold(name, until, why), now=NOW)
        assert ask(engine, "SELECT count(*) FROM pauses") == 0
        assert entries(engine) == []

    def test_viewers_may_not(self, engine: Engine) -> None:
        with Session(engine) as session:
            with pytest.raises(ForbiddenError):
                pause(session, VIEWER, Hold(LANE, NOW + HOUR, "x"), now=NOW)
            with pytest.raises(ForbiddenError):
                resume(session, VIEWER, LANE, now=NOW)


def due(engine: Engine, now: datetime) -> set[str]:
    with Session(acting_as(engine, "relay")) as session:
        return {each.name for each in due_handlers(session, HANDLERS.values(), now=now)}


class TestObeying:
    def test_nothing_paused_is_begun_or_rung_for_and_all_of_it_afterwards(
        self, engine: Engine, broker_url: str
    ) -> None:
        now, pauses = utc_now(), Pauses()
        desk = WorkDesk(acting_as(engine, "worker"))
        shift = Shift(desk, Bells(make_broker(broker_url)), 100, utc_now, pauses=pauses)
        hold(engine, REGISTERED.name, now=now)
        publish(engine, a_registration("Ada"))
        assert shift.work(LANE) == 0
        assert ask(engine, "SELECT state FROM deliveries") == "pending"
        assert due(engine, utc_now()) == set()
        assert due(engine, now + HOUR) == {REGISTERED.name}
        with Session(engine) as session, session.begin():
            resume(session, OPERATOR, REGISTERED.name, now=utc_now())
        assert shift.work(LANE) == 1
        desk.close()

    def test_between_two_looks_a_process_goes_by_what_it_knows(
        self, engine: Engine, broker_url: str
    ) -> None:
        pauses, now = Pauses(), utc_now()
        desk = WorkDesk(engine)
        shift = Shift(desk, Bells(make_broker(broker_url)), 100, utc_now, pauses=pauses)
        publish(engine, a_registration("Bo"))
        hold(engine, LANE, now=now)
        with Session(engine) as session:
            held = pauses_at(session, now)
        pauses.take(held)
        with engine.begin() as connection:
            connection.execute(text("DELETE FROM pauses"))
        assert shift.work(LANE) == 0
        assert not pauses.hold(REGISTERED.name, held[0].until)
        pauses.take([])
        assert shift.work(LANE) == 1
        desk.close()


def held(engine: Engine) -> Holding:
    now = utc_now()
    with Session(acting_as(engine, "dashboard")) as session:
        (found,) = holdings(pauses_at(session, now), read_processes(session, now))
    return found


def test_how_much_waits_meanwhile_is_counted_of_the_first_few(engine: Engine) -> None:
    for seq, handler in enumerate([REGISTERED, REGISTERED, VERIFIED], 1):
        due = {"received_at": NOW - HOUR, "due_at": NOW - HOUR, "state": "pending"}
        plant(engine, "deliveries", {"seq": seq, "handler": handler.name, "lane": LANE, **due})
    hold(engine, LANE)
    hold(engine, VERIFIED.name)
    assert waiting(engine) == {LANE: 3, VERIFIED.name: 1}
    others = [name for name, each in HANDLERS.items() if each.lane != LANE]
    for name in others[:COUNTED_PAUSES]:
        hold(engine, name)
    told = waiting(engine)
    assert len(told) == COUNTED_PAUSES + 2
    assert sum(number is not None for number in told.values()) == COUNTED_PAUSES


def waiting(engine: Engine) -> dict[str, int | None]:
    with Session(acting_as(engine, "dashboard")) as session:
        found = read_pauses(session, NOW)
    return {each.name: each.waiting.number if each.waiting else None for each in found}


class TestConfirming:
    """A pause is called one only once every worker that lives has seen it and is idle in it."""

    def test_every_live_worker_confirms_by_its_beat(self, engine: Engine) -> None:
        one, other = Measures(), Measures()
        reporters = [
            Reporter(
                acting_as(engine, "worker"),
                Presence("worker", (LANE,), pauses=Pauses()),
                measures=each,
            )
            for each in (one, other)
        ]
        for reporter in reporters:
            reporter.beat()
        hold(engine, LANE, now=utc_now())
        assert held(engine).words == "pausing: 0 of 2 workers have confirmed"
        reporters[0].beat()
        assert held(engine).words == "pausing: 1 of 2 workers have confirmed"
        with other.busy.with_(REGISTERED.name):
            reporters[1].beat()
            assert not held(engine).is_confirmed
        reporters[1].beat()
        assert (held(engine).is_confirmed, held(engine).words) == (True, "paused")

    def test_one_of_an_older_version_never_does_and_one_that_is_gone_need_not(
        self, engine: Engine
    ) -> None:
        Reporter(engine, Presence("worker", (LANE,)), measures=Measures()).beat()
        hold(engine, LANE, now=utc_now())
        assert held(engine).words == "pausing: 0 of 1 workers have confirmed"
        with engine.begin() as connection:
            connection.execute(text("UPDATE processes SET last_seen_at = now() - interval '61 s'"))
        assert held(engine).is_confirmed

    def test_one_that_fell_silent_no_longer_confirms_until_it_counts_as_ended(
        self, engine: Engine
    ) -> None:
        """Its reporter may hang alone."""
        now = utc_now()
        hold(engine, LANE, now=now)
        presence = Presence("worker", (LANE,), pauses=Pauses())
        Reporter(engine, presence, measures=Measures()).beat()
        assert held(engine).is_confirmed
        with engine.begin() as connection:
            connection.execute(text("UPDATE processes SET last_seen_at = now() - interval '20 s'"))
        assert held(engine).words == "pausing: 0 of 1 workers have confirmed"

    def test_a_pause_that_is_said_anew_is_confirmed_anew(self, engine: Engine) -> None:
        """Until then the worker holds to the end of the old one."""
        now = utc_now()
        hold(engine, LANE, now=now)
        reporter = Reporter(
            engine, Presence("worker", (LANE,), pauses=Pauses()), measures=Measures()
        )
        reporter.beat()
        later = Hold(LANE, now + HOUR, "still down", instead_of=now)
        with Session(engine) as session, session.begin():
            pause(session, OPERATOR, later, now=now + timedelta(milliseconds=1))
        assert not held(engine).is_confirmed
        reporter.beat()
        assert held(engine).is_confirmed

    def test_of_workers_that_nobody_knows_nothing_is_said(self, engine: Engine) -> None:
        hold(engine, LANE, now=NOW)
        with Session(engine) as session:
            (found,) = holdings(pauses_at(session, NOW), None)
        assert (found.is_confirmed, found.words) == (
            False,
            "pausing: nobody knows which workers live",
        )
        assert replace(found, workers=0, confirmed=0).is_confirmed


class TestCommand:
    def test_pauses_lists_and_resumes(self, momento: Momento, engine: Engine) -> None:
        said = momento("lanes", "pause", "seats", "--for", "30m", "--why", "Stripe is down")
        assert said.code == 0
        assert "seats is paused until" in said.out
        listed = momento("lanes", "list").out
        assert "Stripe is down" in listed
        assert "plans" in listed
        again = momento("lanes", "pause", "seats", "--for", "1h", "--why", "still")
        assert (again.code, "“Stripe is down”" in again.err) == (1, True)
        longer = ("--for", "1h", "--why", "still", "--replace")
        assert momento("lanes", "pause", "seats", *longer).code == 0
        assert momento("lanes", "resume", "seats").code == 0
        again = momento("lanes", "resume", "seats")
        assert again.code == 1
        assert "isn't paused" in again.err
        assert momento("lanes", "pause", "nothing", "--for", "1h", "--why", "x").code == 1
        assert [each[1:3] for each in entries(engine)] == [
            ("pause", "seats"), ("pause", "seats"), ("resume", "seats"),
        ]  # fmt: skip
