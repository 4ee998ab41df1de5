"""What ops do about the dead: they are kept, retried alone, once, or given up with a reason."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, text
from sqlmodel import Session

from domain.ops.acting import retry_these
from domain.tables.kudos import Kudo
from tests.helpers.command import Momento
from tests.helpers.evening import END, HOUR, START, Diary, an_id, publish, settle, tell

HANDLER = "kudos.apply_kudos_given"


@pytest.fixture
def diary(engine: Engine) -> Diary:
    """Ada and Bo were both there; told."""
    diary = Diary()
    diary.people("Hanna", "Cleo", "Ada", "Bo")
    diary.event("drinks", host="Hanna", seats=4)
    for person in ("Ada", "Bo"):
        diary.invited("drinks", person)
        diary.paid("drinks", person)
        diary.checked_in("drinks", person, at=START + HOUR)
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

    def test_all_of_one_handler_are_retried_and_no_others(
        self, momento: Momento, engine: Engine, dead_seq: int
    ) -> None:
        assert momento("dead", "retry", "--all", "--handler", "others").out.startswith("0 ")
        assert momento("dead", "retry", "--all", "--handler", HANDLER).out.startswith("1 ")
        assert momento("dead", "retry", "--all").out.startswith("0 ")
        settle(engine)
        assert kudos_count(engine) == 1

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
