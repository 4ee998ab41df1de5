"""What ops do about the dead: they are kept, retried alone, once, or given up with a reason."""

import io
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Event, Thread
from uuid import UUID

import pytest
from sqlalchemy import Engine, text
from sqlmodel import Session

from domain.ops.acting import retry_these
from domain.tables.kudos import Kudo
from tests.helpers.command import Momento
from tests.helpers.diary import Diary
from tests.helpers.drinks import drinks_for_two
from tests.helpers.ledger import until
from tests.helpers.pages import END, an_id
from tests.helpers.telling import publish, settle, tell

HANDLER = "kudos.apply_kudos_given"


@pytest.fixture
def diary(engine: Engine) -> Diary:
    """Ada and Bo were both there; told."""
    diary = drinks_for_two()
    tell(engine, diary.pages)
    diary.pages.clear()
    return diary


@pytest.fixture
def dead_seq(engine: Engine, diary: Diary) -> int:
    """Kudos whose delivery died before it had an effect."""
    given = diary.thanked("drinks", "Ada", "Bo", Kudo.HELPFUL, at=END)
    publish(engine, [given])
    with engine.begin() as connection:
        seq: int = connection.execute(
            text("SELECT seq FROM domain_event_keys WHERE id = :id"), {"id": given.id}
        ).scalar_one()
        connection.execute(text("DELETE FROM outbox"))
        connection.execute(
            text(
                "INSERT INTO deliveries (seq, handler, lane, received_at, state, attempts, deaths,"
                " looks, error, settled_at) SELECT seq, :handler, 'afterwards', received_at,"
                " 'dead', 8, 1, 3, 'ValueError | kudos', now() FROM domain_event_keys"
                " WHERE seq = :seq"
            ),
            {"seq": seq, "handler": HANDLER},
        )
    return seq


def delivery(engine: Engine, seq: int) -> dict[str, object]:
    with engine.connect() as connection:
        row = connection.execute(
            text("SELECT * FROM deliveries WHERE seq = :seq AND handler = :handler"),
            {"seq": seq, "handler": HANDLER},
        )
        return dict(row.mappings().one())


def kudos_count(engine: Engine) -> int:
    with engine.connect() as connection:
        found: int = connection.execute(
            text(
                "SELECT coalesce((aggregated_kudos->>'helpful')::int, 0)"
                " FROM user_internal_metrics WHERE user_id = :user"
            ),
            {"user": an_id("Bo")},
        ).scalar_one()
    return found


def set_state(engine: Engine, seq: int, state: str) -> None:
    with engine.begin() as connection:
        connection.execute(
            text(
                "UPDATE deliveries SET state = :state, due_at = CASE :state WHEN 'failed'"
                " THEN now() + interval '1 day' END WHERE seq = :seq"
            ),
            {"state": state, "seq": seq},
        )


class TestList:
    def test_nothing_dead_says_so(self, momento: Momento) -> None:
        assert momento("dead", "list").out == "Nothing is dead.\n"
        assert momento("dead", "list", "--json").json == []

    def test_the_dead_stand_with_handler_tries_and_error(
        self, momento: Momento, dead_seq: int
    ) -> None:
        """G2: what is dead says why."""
        out = momento("dead", "list").out
        assert str(dead_seq) in out
        assert HANDLER in out
        assert "ValueError | kudos" in out
        (dead,) = momento("dead", "list", "--json").json
        assert (dead["seq"], dead["handler"], dead["attempts"], dead["deaths"]) == (
            dead_seq,
            HANDLER,
            8,
            1,
        )

    def test_one_handler_can_be_asked_for(self, momento: Momento, dead_seq: int) -> None:
        assert momento("dead", "list", "--handler", "others").out == "Nothing is dead.\n"
        assert str(dead_seq) in momento("dead", "list", "--handler", HANDLER).out

    def test_the_dead_stay_however_long_ago_they_died(
        self, momento: Momento, engine: Engine, dead_seq: int
    ) -> None:
        """G16: a dead delivery is never lost by time."""
        settle(engine, now=datetime.now(UTC) + timedelta(days=3650))
        assert [each["seq"] for each in momento("dead", "list", "--json").json] == [dead_seq]


class TestRestore:
    def test_a_discard_is_taken_back_and_both_are_written_down(
        self, momento: Momento, engine: Engine, dead_seq: int
    ) -> None:
        before = delivery(engine, dead_seq)
        assert momento("dead", "discard", str(dead_seq), HANDLER, "--why", "over").code == 0
        assert momento("dead", "restore", str(dead_seq), HANDLER).code == 0
        assert delivery(engine, dead_seq) == before
        again = momento("dead", "restore", str(dead_seq), HANDLER)
        assert (again.code, "Nothing was changed." in again.err) == (1, True)
        with engine.connect() as connection:
            rows = connection.execute(text("SELECT via, action FROM audit_log ORDER BY id"))
            assert [tuple(row) for row in rows] == [("command", "discard"), ("command", "restore")]


class TestRetry:
    def test_a_retried_delivery_begins_anew_and_has_its_effect(
        self, momento: Momento, engine: Engine, dead_seq: int
    ) -> None:
        """G16."""
        assert momento("dead", "retry", str(dead_seq), HANDLER).code == 0
        waiting = delivery(engine, dead_seq)
        assert (waiting["state"], waiting["attempts"], waiting["deaths"], waiting["looks"]) == (
            "pending",
            0,
            0,
            0,
        )
        settle(engine)
        assert delivery(engine, dead_seq)["state"] == "done"
        assert kudos_count(engine) == 1

    def test_a_second_retry_has_no_second_effect(
        self, momento: Momento, engine: Engine, dead_seq: int
    ) -> None:
        """G16: neither before the first has run, nor after."""
        momento("dead", "retry", str(dead_seq), HANDLER)
        again = momento("dead", "retry", str(dead_seq), HANDLER)
        assert again.code == 1
        assert "is pending, not dead. Nothing was changed." in again.err
        settle(engine)
        assert momento("dead", "retry", str(dead_seq), HANDLER).code == 1
        settle(engine)
        assert kudos_count(engine) == 1

    def test_of_many_who_retry_at_once_one_has_an_effect(
        self, engine: Engine, dead_seq: int
    ) -> None:
        """G16."""

        def press(_: int) -> bool:
            with Session(engine) as session, session.begin():
                return bool(retry_these(session, [(dead_seq, HANDLER)], now=datetime.now(UTC)))

        with ThreadPoolExecutor(8) as threads:
            assert sum(threads.map(press, range(8))) == 1

    def test_only_that_handler_runs_again(self, momento: Momento, engine: Engine) -> None:
        """G16: what the others made of the domain event stands."""
        diary = Diary()
        diary.people("Hanna", "Cleo", "Ada")
        diary.event("drinks", host="Hanna", seats=4)
        diary.invited("drinks", "Ada")
        diary.paid("drinks", "Ada")
        tell(engine, diary.pages)
        with engine.begin() as connection:
            seq: int = connection.execute(
                text(
                    "UPDATE deliveries SET state = 'dead' WHERE handler ="
                    " 'invitations.apply_payment_succeeded' RETURNING seq"
                )
            ).scalar_one()
        momento("dead", "retry", str(seq), "invitations.apply_payment_succeeded")
        with engine.connect() as connection:
            states = connection.execute(
                text("SELECT handler, state FROM deliveries WHERE seq = :seq"), {"seq": seq}
            )
            assert {row.handler: row.state for row in states} == {
                "invitations.apply_payment_succeeded": "pending",
                "payments.apply_payment_succeeded": "done",
            }

    def test_a_failed_one_is_tried_now_instead_of_after_its_pause(
        self, momento: Momento, engine: Engine, dead_seq: int
    ) -> None:
        set_state(engine, dead_seq, "failed")
        assert momento("dead", "retry", str(dead_seq), HANDLER).code == 0
        settle(engine)
        assert kudos_count(engine) == 1

    def test_a_rejected_one_is_left_as_it_is(
        self, momento: Momento, engine: Engine, dead_seq: int
    ) -> None:
        set_state(engine, dead_seq, "rejected")
        said = momento("dead", "retry", str(dead_seq), HANDLER)
        assert said.code == 1
        assert "rejected" in said.err
        assert "Nothing was changed" in said.err
        assert delivery(engine, dead_seq)["state"] == "rejected"

    @pytest.mark.parametrize(
        "arguments", [(), ("7",), ("7", HANDLER, "--all"), ("7", HANDLER, "--handler", HANDLER)]
    )
    def test_half_a_wish_is_refused(self, momento: Momento, arguments: tuple[str, ...]) -> None:
        said = momento("dead", "retry", *arguments)
        assert said.code == 1
        assert "momento dead retry SEQ HANDLER" in said.err

    def test_one_that_does_not_exist_says_so(self, momento: Momento) -> None:
        said = momento("dead", "retry", "7", HANDLER)
        assert said.code == 1
        assert "There is no delivery of 7" in said.err


class TestDiscard:
    def test_a_discarded_one_keeps_its_error_and_the_reason(
        self, momento: Momento, engine: Engine, dead_seq: int
    ) -> None:
        """G2: given up by a person, with a reason, and still there."""
        said = momento("dead", "discard", str(dead_seq), HANDLER, "--why", "a test's mistake")
        assert said.code == 0
        kept = delivery(engine, dead_seq)
        assert kept["state"] == "discarded"
        assert kept["error"] == "ValueError | kudos"
        assert kept["reason"] == "discarded: a test's mistake"
        settle(engine)
        assert kudos_count(engine) == 0

    def test_a_discarded_one_can_neither_be_retried_nor_discarded_again(
        self, momento: Momento, engine: Engine, dead_seq: int
    ) -> None:
        momento("dead", "discard", str(dead_seq), HANDLER, "--why", "first")
        assert momento("dead", "discard", str(dead_seq), HANDLER, "--why", "second").code == 1
        assert momento("dead", "retry", str(dead_seq), HANDLER).code == 1
        assert delivery(engine, dead_seq)["reason"] == "discarded: first"

    def test_a_reason_must_be_given(self, momento: Momento, dead_seq: int) -> None:
        assert momento("dead", "discard", str(dead_seq), HANDLER).code == 2


@pytest.fixture
def at_work(engine: Engine) -> Iterator[None]:
    """A worker, until the test is over; no scheduler leads."""
    over = Event()

    def work() -> None:
        while not over.wait(0.05):
            settle(engine)

    thread = Thread(target=work)
    thread.start()
    yield
    over.set()
    thread.join()


def kill_others(engine: Engine, like: int, count: int) -> None:
    """Have as many more dead of another handler, of domain events that nobody keeps."""
    with engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO deliveries (seq, handler, lane, received_at, state, error,"
                " fingerprint, settled_at) SELECT seq + n, 'others', lane, received_at, 'dead',"
                " 'KeyError | x', 'KeyError | x', now() FROM deliveries,"
                " generate_series(1, :count) AS n WHERE seq = :seq AND handler = :handler"
            ),
            {"seq": like, "handler": HANDLER, "count": count},
        )


def states(engine: Engine, handler: str) -> dict[str, int]:
    with engine.connect() as connection:
        rows = connection.execute(
            text("SELECT state, count(*) FROM deliveries WHERE handler = :handler GROUP BY state"),
            {"handler": handler},
        )
        return dict(map(tuple, rows))


class TestAll:
    """What is done to many is the operation that the dashboard begins, and is waited for."""

    @pytest.mark.usefixtures("at_work")
    def test_all_of_one_handler_are_retried_and_no_others(
        self, momento: Momento, engine: Engine, dead_seq: int
    ) -> None:
        kill_others(engine, dead_seq, 2)
        said = momento("dead", "retry", "--all", "--handler", HANDLER, "--why", "mended", "--yes")
        assert (said.code, "retried 1, skipped 0, failed 0." in said.out) == (0, True)
        until(lambda: kudos_count(engine) == 1, "what follows from it is applied too")
        assert states(engine, "others") == {"dead": 2}
        (operation,) = momento("bulk", "list", "--json").json
        assert (operation["kind"], operation["via"], operation["why"]) == (
            "retry", "command", "mended",
        )  # fmt: skip
        again = momento("dead", "retry", "--all", "--handler", HANDLER, "--why", "x", "--yes")
        assert (again.code, again.out) == (0, "Nothing of that is dead.\n")

    def test_nothing_is_done_unasked_or_without_a_reason(
        self, momento: Momento, engine: Engine, dead_seq: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("sys.stdin", io.StringIO(""))
        kill_others(engine, dead_seq, 3)
        assert momento("dead", "discard", "--all").code == 2
        for action, more, said in (
            ("retry", (), "Say why"),
            ("retry", ("--why", "x"), "say --yes"),
            ("discard", ("--why", "x"), "say --yes"),
            ("discard", ("--why", " ", "--yes"), "Say why"),
        ):
            refused = momento("dead", action, "--all", *more)
            assert (refused.code, said in refused.err) == (1, True)
        assert states(engine, "others") == {"dead": 3}
        assert momento("bulk", "list").out == "Nothing was done in bulk.\n"

    def test_the_first_that_fails_again_stops_it(
        self, momento: Momento, engine: Engine, dead_seq: int
    ) -> None:
        """Its handler is of no version that works here, so somebody else settles the first."""
        kill_others(engine, dead_seq, 4)
        arguments = ("--all", "--error", "KeyError | x", "--why", "try", "--yes")
        waited = momento("dead", "retry", *arguments, "--timeout", "0")
        assert (waited.code, "The time is up" in waited.err) == (1, True)
        assert states(engine, "others") == {"dead": 3, "pending": 1}
        with engine.begin() as connection:
            connection.execute(
                text("UPDATE deliveries SET state = 'failed' WHERE state = 'pending'")
            )
        (operation,) = momento("bulk", "list", "--json").json
        stopped = momento("bulk", "wait", operation["id"])
        assert (stopped.code, "the first one failed again" in stopped.err) == (1, True)
        assert stopped.out == "retried 0, skipped 3, failed 1.\n"
        assert states(engine, "others") == {"dead": 3, "failed": 1}
        assert "canary_failed" in momento("bulk", "show", operation["id"]).out
        over = momento("bulk", "cancel", operation["id"])
        assert (over.code, "over already" in over.err) == (1, True)

    def test_discarded_undone_listed_by_kind_and_begun_by_one_at_a_time(
        self, momento: Momento, engine: Engine, dead_seq: int
    ) -> None:
        kill_others(engine, dead_seq, 5)
        (kinds,) = momento("dead", "list", "--kinds", "--handler", "others", "--json").json
        assert (kinds["fingerprint"], kinds["total"]) == ("KeyError | x", 5)
        arguments = ("--all", "--handler", "others", "--why", "a test's mistake", "--yes")
        given_up = momento("dead", "discard", *arguments)
        assert given_up.out.splitlines()[-2] == "discarded 5, skipped 0, failed 0."
        assert states(engine, "others") == {"discarded": 5}
        assert states(engine, HANDLER) == {"dead": 1}
        (operation,) = momento("bulk", "list", "--json").json
        undone = momento("dead", "undo", operation["id"])
        assert (undone.code, "restored 5" in undone.out) == (0, True)
        assert states(engine, "others") == {"dead": 5}
        again = momento("dead", "undo", operation["id"])
        assert (again.code, "Nothing of it can be restored" in again.err) == (1, True)
        unknown = momento("dead", "undo", str(UUID(int=7)))
        assert (unknown.code, "There is no operation" in unknown.err) == (1, True)
        momento("dead", "retry", *arguments, "--timeout", "0")
        second = momento("dead", "retry", *arguments)
        assert (second.code, "that isn't over" in second.err) == (1, True)
        (operation, *_) = momento("bulk", "list", "--json").json
        assert momento("bulk", "cancel", operation["id"]).code == 0
