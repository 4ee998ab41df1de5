"""What ops read: pages that lose no row, counts that stop, groups of the dead, and any id."""

import itertools
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, text
from sqlmodel import Session

from domain.ops.circumstances import prospects
from domain.ops.filters import Cursor, DeliveryFilter
from domain.ops.listing import LOOKED_AT_FOR_A_PERSON, list_deliveries
from domain.ops.moments import seq_at
from domain.ops.operations import sample
from domain.ops.searching import Lead, search
from domain.ops.triage import GROUPS, DeadSelection, count_selected, triage
from domain.tables.ledger import DeliveryState
from tests.helpers.diary import Diary
from tests.helpers.explain import explain, overhear
from tests.helpers.pages import START, an_id
from tests.helpers.postgres import PostgresServer
from tests.helpers.telling import tell

# After the evening was received.
NOW = datetime.now(UTC).replace(microsecond=0) + timedelta(days=1)


@pytest.fixture(scope="module")
def engine(postgres_server: PostgresServer) -> Iterator[Engine]:
    """An evening, and a thousand deliveries that share moments."""
    with postgres_server.engine(pool_size=4) as made:
        diary = Diary()
        diary.people("Hanna", "Cleo", "Ada")
        diary.event("drinks", host="Hanna", seats=4)
        diary.invited("drinks", "Ada")
        diary.paid("drinks", "Ada")
        tell(made, diary.pages)
        with made.begin() as connection:
            connection.execute(
                text(
                    """
                    INSERT INTO deliveries (seq, handler, lane, received_at, state, due_at, error,
                        fingerprint, settled_at)
                    SELECT 10000 + n / 2, 'made.up_' || n % 2, 'afterwards',
                        :now + (n / 100) * interval '1 microsecond',
                        CASE n % 5 WHEN 0 THEN 'dead' WHEN 1 THEN 'pending' ELSE 'done' END,
                        CASE WHEN n % 5 = 1 THEN :now + (n / 100) * interval '1 microsecond'
                            - interval '2 days' END, 'E',
                        'E' || n % 3, :now - n * interval '20 minutes'
                    FROM generate_series(0, 999) AS n
                    """
                ),
                {"now": NOW},
            )
        yield made


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    with Session(engine) as made:
        yield made


def walk(session: Session, wanted: DeliveryFilter, *, limit: int = 7) -> list[tuple[int, str]]:
    """Every key, page after page, by what a URL says of the next one."""
    keys, after = list[tuple[int, str]](), None
    while True:
        found = list_deliveries(session, wanted, after=after, limit=limit)
        keys += [(row.seq, row.handler) for row in found.rows]
        if found.after is None:
            return keys
        after = Cursor.parse(str(found.after))


class TestPages:
    @pytest.mark.parametrize(
        "wanted",
        [
            DeliveryFilter(state=DeliveryState.DEAD),
            DeliveryFilter(state=DeliveryState.PENDING),
            DeliveryFilter(handler="made.up_1"),
            DeliveryFilter(state=DeliveryState.DONE, error="E1"),
            DeliveryFilter(state=DeliveryState.DEAD, handler="made.up_1"),
            DeliveryFilter(state=DeliveryState.DEAD, error="E1"),
            DeliveryFilter(state=DeliveryState.PENDING, handler="made.up_1"),
            DeliveryFilter(state=DeliveryState.PENDING, error="E1"),
            DeliveryFilter(),
        ],
    )
    def test_together_hold_every_row_once(self, session: Session, wanted: DeliveryFilter) -> None:
        keys = walk(session, wanted)
        conditions = {"state": wanted.state, "handler": wanted.handler, "fingerprint": wanted.error}
        asked = {name: value for name, value in conditions.items() if value is not None}
        where = " AND ".join(f"{name} = :{name}" for name in asked) or "true"
        rows = session.connection().execute(
            text(f"SELECT seq, handler FROM deliveries WHERE {where}"), asked
        )
        assert sorted(keys) == sorted(tuple(row) for row in rows)
        assert len(keys) == len(set(keys)) > 60

    def test_a_page_that_isn_t_full_leads_on(self, session: Session) -> None:
        flood = (
            "INSERT INTO deliveries (seq, handler, lane, received_at, state)"
            " SELECT 50000 + n, 'flood', 'afterwards', now(), 'done'"
            " FROM generate_series(1, 20001) AS n"
        )
        # Rolled back when the session is closed.
        session.connection().execute(text(flood))
        rare = DeliveryFilter(handler="users.apply_user_registered")
        found = list_deliveries(session, rare)
        assert (found.rows, found.was_cut) == ([], True)
        assert len(walk(session, rare)) == 3

    @pytest.mark.parametrize(
        "wanted",
        [
            DeliveryFilter(state=DeliveryState.DEAD, handler="made.up_1", error="E1"),
            DeliveryFilter(state=DeliveryState.DEAD, handler="made.up_1"),
            DeliveryFilter(state=DeliveryState.PENDING, handler="made.up_1"),
            DeliveryFilter(state=DeliveryState.PENDING),
            DeliveryFilter(state=DeliveryState.DEAD, error="E1"),
        ],
    )
    def test_a_flood_of_another_handler_hides_nothing(
        self, session: Session, wanted: DeliveryFilter
    ) -> None:
        """However many are dead, or were due for longer, there."""
        before = list_deliveries(session, wanted)
        flood = (
            "INSERT INTO deliveries (seq, handler, lane, received_at, state, settled_at, due_at)"
            " SELECT 50000 + n, 'flood', 'afterwards', :now, :state, :settled, :due"
            " FROM generate_series(1, 20001) AS n"
        )
        dead = {"state": "dead", "settled": NOW, "due": None}
        deferred = {"state": "deferred", "settled": None, "due": NOW - timedelta(days=9)}
        session.connection().execute(text(flood), {"now": NOW, **dead})
        session.connection().execute(text(flood.replace("50", "90", 1)), {"now": NOW, **deferred})
        assert before.rows
        asked = overhear(session)
        assert list_deliveries(session, wanted) == before
        for each in list(asked):
            plan = explain(session, each, generic=True)
            assert plan.indexes & {f"deliveries_{name}_idx" for name in ("due", "dead", "trouble")}
            assert not plan.read_whole
            # The table's rows of two thousand pages, and each index's entries, are left alone.
            assert plan.buffers < 1_000, plan

    def test_so_many_are_looked_at_in_all_handlers_together(self, session: Session) -> None:
        """And each page goes on where the one before it has stopped, whichever handler that was."""
        of = "INSERT INTO deliveries (seq, handler, lane, received_at, state, due_at)"
        flood = (
            f"{of} SELECT 50000 + n, 'a.' || n % 10, 'afterwards', :now, 'pending',"
            " :now - interval '3 days' + n * interval '1 ms' FROM generate_series(1, 30000) AS n"
        )
        theirs = (
            f"{of} SELECT seq, 'b.' || row_number() OVER (), 'afterwards', received_at, 'pending',"
            " :now FROM domain_events WHERE subject = :ada"
        )
        session.connection().execute(text(flood), {"now": NOW})
        session.connection().execute(text(theirs), {"now": NOW, "ada": an_id("Ada")})
        session.connection().execute(text("ANALYZE deliveries"))
        wanted = DeliveryFilter(user=an_id("Ada"), due=NOW)
        asked = overhear(session)
        found = list_deliveries(session, wanted)
        assert (found.rows, found.was_cut) == ([], True)
        assert found.after is not None
        assert found.after.handler == "a.1"
        looking = [each for each in asked if "LATERAL" in each.statement]
        assert len(looking) == 2
        for each, generic in itertools.product(looking, (False, True)):
            plan = explain(session, each, generic=generic)
            # Counted, then read, and one more of each to see where a moment ends.
            assert plan.rows_of("deliveries") <= 2 * LOOKED_AT_FOR_A_PERSON + 20, plan
        keys = walk(session, wanted)
        assert [handler for _, handler in keys] == ["b.1", "b.2"]
        everything = walk(session, DeliveryFilter(due=NOW), limit=1_000)
        assert len(set(everything)) == len(everything) == 30_000 + 200 + 2

    def test_what_is_due_of_a_lane(self, session: Session) -> None:
        of = "INSERT INTO deliveries (seq, handler, lane, received_at, state, due_at) VALUES "
        due = "(70001, 'kudos.apply_kudos_given', 'afterwards', now(), 'failed', now())"
        later = "(70002, 'kudos.apply_kudos_given', 'afterwards', now(), 'failed', :now)"
        session.connection().execute(text(f"{of} {due}, {later}"), {"now": NOW})
        wanted = DeliveryFilter(lane="afterwards", due=NOW - timedelta(minutes=1))
        assert [row.seq for row in list_deliveries(session, wanted).rows] == [70001]
        assert list_deliveries(session, replace(wanted, lane="seats")).rows == []
        failed = DeliveryFilter(lane="afterwards", state=DeliveryState.FAILED)
        assert [row.seq for row in list_deliveries(session, failed).rows] == [70002, 70001]

    def test_a_kind_comes_as_it_died(self, session: Session) -> None:
        wanted = DeliveryFilter(state=DeliveryState.DEAD, handler="made.up_1", error="E1")
        keys = walk(session, wanted)
        rows = session.connection().execute(
            text(
                "SELECT seq, handler FROM deliveries WHERE state = 'dead' AND handler = 'made.up_1'"
                " AND fingerprint = 'E1' ORDER BY settled_at DESC, seq DESC"
            )
        )
        assert keys == [tuple(row) for row in rows]
        assert len(keys) > 30
        late = walk(session, replace(wanted, died=NOW - timedelta(hours=24)))
        assert late == keys[: len(late)]
        assert 0 < len(late) < len(keys)

    def test_by_type_subject_and_person(self, session: Session) -> None:
        ada = an_id("Ada")
        assert {row.type for row in list_deliveries(
            session, DeliveryFilter(type="invitation.sent")).rows
        } == {"app.momento.invitation.sent.v1"}  # fmt: skip
        assert len(list_deliveries(session, DeliveryFilter(subject=ada)).rows) == 2
        theirs = list_deliveries(session, DeliveryFilter(user=ada)).rows
        assert "invitations.apply_invitation_sent" in {row.handler for row in theirs}

    def test_times_are_found_by_halves(self, session: Session) -> None:
        last = text("SELECT max(seq) FROM deliveries WHERE received_at < :now")
        before = session.connection().execute(last, {"now": NOW}).scalar_one()
        assert before < seq_at(session, NOW) <= 10_000
        late = DeliveryFilter(since=NOW + timedelta(microseconds=9))
        assert len(walk(session, late, limit=50)) == 100
        until = replace(late, since=NOW, until=NOW + timedelta(microseconds=1))
        assert len(walk(session, until, limit=50)) == 100

    @pytest.mark.parametrize("text", ["", "1", "1~", "x~h~", "1~h~x", "9" * 19 + "~h~", "1~h~1~2"])
    def test_what_is_no_cursor_is_none(self, text: str) -> None:
        assert Cursor.parse(text) is None


class TestTriage:
    def test_counts_by_handler_error_and_time(self, session: Session) -> None:
        found = triage(session, NOW)
        assert len(found.groups) == 6
        assert sum(group.total for group in found.groups) == 200
        for group in found.groups:
            for span, count in group.within.items():
                died = NOW - {"1h": 1, "24h": 24, "7d": 168}[span] * timedelta(hours=1)
                chosen = DeadSelection(group.handler, group.fingerprint, died)
                assert count_selected(session, chosen, most=10_000) == count

    def test_among_many_kinds_the_worst_are_shown(self, session: Session) -> None:
        """By what died of late, whatever they are called."""
        flood = (
            "INSERT INTO deliveries (seq, handler, lane, received_at, state, fingerprint,"
            " settled_at) SELECT 50000 + n, 'kind', 'afterwards', :now, 'dead',"
            " 'K' || n % 100 + 100, :now - interval '2 hours' * (n % 100 <> 99)::int"
            " FROM generate_series(1, 500) AS n"
        )
        session.connection().execute(text(flood), {"now": NOW})
        found = triage(session, NOW)
        assert len(found.groups) == GROUPS
        assert (found.groups[0].fingerprint, found.groups[0].total) == ("K199", 5)

    def test_what_died_of_late_is_counted_and_found_among_many_older(
        self, session: Session
    ) -> None:
        flood = (
            "INSERT INTO deliveries (seq, handler, lane, received_at, state, fingerprint,"
            " settled_at) SELECT 50000 + n, 'flood', 'afterwards', :now, 'dead', 'E1',"
            " :now - interval '300 days' FROM generate_series(1, 20001) AS n"
        )
        session.connection().execute(text(flood), {"now": NOW})
        late = DeadSelection(died=NOW - timedelta(hours=24))
        asked = overhear(session)
        assert count_selected(session, late, most=10_000) == 15
        assert len(sample(session, late, limit=10)) == 10
        assert count_selected(session, DeadSelection(error="E1"), most=10_000) == 10_001
        for each in list(asked):
            assert not explain(session, each, generic=True).read_whole
        wanted = DeliveryFilter(state=DeliveryState.DEAD, died=late.died)
        assert len(walk(session, wanted)) == 15

    def test_counting_stops(self, session: Session) -> None:
        assert count_selected(session, DeadSelection(), most=10) == 11

    def test_what_a_try_would_do_and_whether_it_is_worth_it(self, session: Session) -> None:
        rows = list_deliveries(session, DeliveryFilter(type="invitation.sent")).rows
        keys = [(row.seq, row.handler) for row in rows]
        (found,) = prospects(session, keys, START + timedelta(days=1)).values()
        assert found.tells == ("invitation",)
        assert found.worth is not None
        assert found.worth.level == "late"
        assert found.does[0].isupper()


class TestSearch:
    def test_any_id_leads_somewhere(self, session: Session) -> None:
        row = list_deliveries(session, DeliveryFilter(type="invitation.sent")).rows[0]
        assert search(session, f"#{row.seq}")[0].key == str(row.seq)
        assert Lead("person", an_id("Ada")) in search(session, f" {an_id('Ada').upper()} ")
        assert [lead.kind for lead in search(session, an_id("drinks"))] == ["gathering"]
        identity = text("SELECT id FROM notifications LIMIT 1")
        told = str(session.connection().execute(identity).scalar_one())
        assert search(session, told)[0].kind == "notification"
        paid = str(session.connection().execute(text("SELECT id FROM payments LIMIT 1")).scalar())
        hints = [lead.hint for lead in search(session, paid) if lead.kind == "gathering"]
        assert hints == ["by a payment for it, succeeded"]

    @pytest.mark.parametrize("sought", ["", "nothing", "'; DROP TABLE users", "\0", "x" * 301])
    def test_what_leads_nowhere_says_so(self, session: Session, sought: str) -> None:
        assert search(session, sought) == []
