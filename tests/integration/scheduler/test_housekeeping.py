"""Partitions come and go, what is settled is trimmed, and drift is an alarm."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Final

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from domain.partitions import DEFAULT, ensure_partitions, partitions
from domain.retention import trim_strays
from scheduler.__main__ import our_timetable
from scheduler.alarm import BETWEEN, DriftError, StoppedError, reconcile_figures
from scheduler.housekeeping import (
    DROP_PAUSE,
    forget_tellings,
    make_housekeeping,
    make_partitions,
    retain,
)
from scheduler.timetable import Timetable
from tests.helpers.corruptions import ADA, BO, person
from tests.helpers.ledger import ask, publish
from tests.helpers.safety import an_evening_with_trouble
from tests.helpers.scheduling import Clock, a_ticker, ticks
from tests.helpers.telling import tell
from workers.clock import utc_now
from workers.settings import load_settings

NOW: Final = datetime(2026, 6, 10, tzinfo=UTC)
OLD: Final = datetime(2025, 3, 20, tzinfo=UTC)
MONTH: Final = "domain_events_2025_03"
END_OF_MONTH: Final = datetime(2025, 4, 1, tzinfo=UTC)
KEPT_FOR: Final = timedelta(days=400)
ENDS: Final = ("min", "max")


def going(_duration: timedelta) -> bool:
    return True


def execute(engine: Engine, statement: str) -> None:
    with engine.begin() as connection:
        connection.execute(text(statement))


def months(engine: Engine) -> list[str]:
    with engine.connect() as connection:
        return [month.name for month in partitions(connection)]


@pytest.fixture
def evening(engine: Engine) -> Engine:
    """An evening, all settled."""
    tell(engine, an_evening_with_trouble())
    return engine


@pytest.fixture
def old_evening(evening: Engine) -> Engine:
    """The same, received fifteen months ago."""
    with evening.begin() as connection:
        ensure_partitions(connection, OLD)
    for table in ("domain_events", "domain_event_keys", "deliveries"):
        execute(evening, f"UPDATE {table} SET received_at = '{OLD}'")
    assert ask(evening, f"SELECT count(*) FROM {MONTH}") > 50
    return evening


class TestPartitions:
    def test_are_made_ahead_with_the_storage_of_what_is_only_added_to(self, engine: Engine) -> None:
        with Session(engine) as session, session.begin():
            assert make_partitions(session, NOW + timedelta(days=730)) == 4
            assert make_partitions(session, NOW + timedelta(days=730)) == 0
        assert "domain_events_2028_09" in months(engine)
        without = (
            "SELECT count(*) FROM pg_class WHERE relname ~ '^domain_events_[0-9]{4}_'"
            " AND relkind = 'r' AND NOT coalesce(reloptions::text, '')"
            " LIKE '%autovacuum_vacuum_insert_scale_factor=0.05%'"
        )
        assert ask(engine, without) == 0

    def test_wait_briefly_for_those_who_are_in_the_way(self, engine: Engine) -> None:
        """Whoever publishes meanwhile would wait behind us."""
        with engine.begin() as holder:
            holder.execute(text("LOCK TABLE domain_events IN ROW EXCLUSIVE MODE"))
            with Session(engine) as session, pytest.raises(DBAPIError) as caught:
                make_partitions(session, NOW + timedelta(days=730))
        assert getattr(caught.value.orig, "sqlstate", None) == "55P03"


class TestForgettingWhatPeopleWereTold:
    @pytest.fixture
    def told(self, evening: Engine) -> int:
        execute(
            evening,
            "UPDATE notifications SET status = 'sent', created_at = '2026-01-01',"
            " expires_at = '2026-01-02'",
        )
        count: int = ask(evening, "SELECT count(*) FROM notifications")
        assert count
        return count

    def test_all_of_it_goes_page_by_page(self, evening: Engine, told: int) -> None:
        assert forget_tellings(evening, NOW, wait=going, limit=2) == told
        assert forget_tellings(evening, NOW, wait=going, limit=2) == 0

    def test_what_no_sender_took_in_time_is_over(self, evening: Engine, told: int) -> None:
        execute(evening, "UPDATE notifications SET status = 'scheduled', created_at = now()")
        assert forget_tellings(evening, NOW, wait=going, limit=2) == told
        assert ask(evening, "SELECT array_agg(DISTINCT reason) FROM notifications") == ["too_late"]
        assert forget_tellings(evening, NOW, wait=going, limit=2) == 0

    def test_it_ends_when_asked_to(self, evening: Engine, told: int) -> None:
        assert told
        assert forget_tellings(evening, NOW, wait=lambda _: False) == 0


class TestRetention:
    def test_drops_a_month_in_which_all_is_settled_and_keeps_its_keys(
        self, old_evening: Engine
    ) -> None:
        keys = ask(old_evening, "SELECT count(*) FROM domain_event_keys")
        assert retain(old_evening, NOW - KEPT_FOR, wait=going) > 50
        assert MONTH not in months(old_evening)
        assert ask(old_evening, "SELECT count(*) FROM deliveries") == 0
        assert ask(old_evening, "SELECT count(*) FROM domain_event_keys") == keys
        assert publish(old_evening, *an_evening_with_trouble()) == 0

    @pytest.mark.parametrize("state", ["pending", "failed", "deferred", "dead"])
    def test_never_drops_what_is_not_settled(self, old_evening: Engine, state: str) -> None:
        """G2, G16: nothing is lost by time."""
        due = "NULL" if state == "dead" else f"'{OLD}'"
        execute(
            old_evening,
            f"UPDATE deliveries SET state = '{state}', due_at = {due}, settled_at = NULL"
            " WHERE (seq, handler) = (SELECT seq, handler FROM deliveries ORDER BY 1, 2 LIMIT 1)",
        )
        retain(old_evening, NOW - KEPT_FOR, wait=going)
        assert MONTH in months(old_evening)
        assert ask(old_evening, "SELECT min(state) FROM deliveries") == state
        assert ask(old_evening, f"SELECT count(*) FROM {MONTH}") > 50
        execute(old_evening, "UPDATE deliveries SET state = 'discarded', due_at = NULL")
        retain(old_evening, NOW - KEPT_FOR, wait=going)
        assert MONTH not in months(old_evening)

    def test_never_drops_what_is_not_routed(self, old_evening: Engine) -> None:
        """G2, G17: a type that this version doesn't know waits for as long as it takes."""
        execute(
            old_evening,
            "INSERT INTO outbox (seq, received_at, type)"
            f" SELECT seq, received_at, 'app.momento.later.v9' FROM {MONTH} LIMIT 1",
        )
        retain(old_evening, NOW - KEPT_FOR, wait=going)
        assert MONTH in months(old_evening)

    def test_keeps_a_month_until_its_last_day_is_old_enough(self, old_evening: Engine) -> None:
        before = ask(old_evening, "SELECT count(*) FROM deliveries")
        assert retain(old_evening, datetime(2025, 3, 31, tzinfo=UTC), wait=going) == 0
        assert ask(old_evening, "SELECT count(*) FROM deliveries") == before

    def test_touches_nothing_of_the_months_beside_it(self, old_evening: Engine) -> None:
        execute(old_evening, "UPDATE domain_events SET received_at = received_at + '1 month'")
        execute(
            old_evening,
            "UPDATE deliveries SET received_at = received_at + '1 month' WHERE seq % 2 = 0",
        )
        execute(
            old_evening, "UPDATE domain_events SET received_at = '2025-03-20Z' WHERE seq % 2 = 1"
        )
        even = ask(old_evening, "SELECT count(*) FROM deliveries WHERE seq % 2 = 0")
        retain(old_evening, datetime(2025, 4, 1, tzinfo=UTC), wait=going)
        assert MONTH not in months(old_evening)
        assert ask(old_evening, "SELECT count(*) FROM deliveries") == even

    def test_stops_between_pages_when_asked_to(self, old_evening: Engine) -> None:
        assert retain(old_evening, NOW - KEPT_FOR, wait=lambda _: False) == 0
        assert MONTH in months(old_evening)

    def test_tries_another_time_when_others_are_in_the_way(self, old_evening: Engine) -> None:
        with old_evening.begin() as holder:
            holder.execute(text("LOCK TABLE domain_events IN ACCESS SHARE MODE"))
            with pytest.raises(DBAPIError):
                retain(old_evening, NOW - KEPT_FOR, wait=going)
        assert MONTH in months(old_evening)
        retain(old_evening, NOW - KEPT_FOR, wait=going)
        assert MONTH not in months(old_evening)

    def test_tries_again_soon_and_holds_nobody_up_meanwhile(self, old_evening: Engine) -> None:
        """Somebody reads for a while; whoever publishes waits for half a second at most."""
        rests: list[timedelta] = []
        with old_evening.connect() as reader:
            reader.execute(text("SELECT FROM domain_events LIMIT 1"))

            def wait(duration: timedelta) -> bool:
                if duration:
                    rests.append(duration)
                    # Nobody waits for the table while we rest.
                    execute(
                        old_evening,
                        "LOCK TABLE domain_events IN ROW EXCLUSIVE MODE NOWAIT",
                    )
                    if len(rests) == 2:
                        reader.rollback()
                return True

            retain(old_evening, NOW - KEPT_FOR, wait=wait)
        assert rests == [DROP_PAUSE, DROP_PAUSE]
        assert MONTH not in months(old_evening)

    def test_goes_by_the_setting(self, old_evening: Engine) -> None:
        now = utc_now()
        age = (now - END_OF_MONTH).days
        run_chore(old_evening, "ledger.retain", now=now, days=age + 10)
        assert MONTH in months(old_evening)
        run_chore(old_evening, "ledger.retain", now=now, days=age - 10)
        assert MONTH not in months(old_evening)

    def test_nothing_is_removed_for_good_by_a_clock_that_is_ahead(
        self, old_evening: Engine
    ) -> None:
        """G14: set right an hour later, it has done nothing that can't be mended."""
        execute(old_evening, "UPDATE notifications SET status = 'sent', created_at = now()")
        told = ask(old_evening, "SELECT count(*) FROM notifications")
        assert told
        now = utc_now()
        for chore in ("ledger.retain", "notifications.forget"):
            ahead = now + timedelta(days=3_650)
            run_chore(old_evening, chore, now=ahead, days=(now - END_OF_MONTH).days + 10)
        assert MONTH in months(old_evening)
        assert ask(old_evening, "SELECT count(*) FROM deliveries") > 50
        assert ask(old_evening, "SELECT count(*) FROM notifications") == told


def run_chore(engine: Engine, name: str, *, now: datetime, days: int) -> None:
    """Run one by a clock and a retention of one's choosing."""
    settings = load_settings({"MOMENTO_LEDGER_RETENTION_DAYS": str(days)})
    (chore,) = (each for each in our_timetable(settings, going).chores if each.name == name)
    chore.run(engine, now)


class TestOutsideAllMonths:
    """What has landed in the default partition."""

    @pytest.fixture
    def strays(self, evening: Engine) -> Engine:
        """An evening received fifteen months ago, when nobody made partitions."""
        for table in ("domain_events", "domain_event_keys", "deliveries"):
            execute(evening, f"UPDATE {table} SET received_at = '{OLD}'")
        assert ask(evening, f"SELECT count(*) FROM {DEFAULT}") > 50
        return evening

    def test_it_goes_by_the_retention(self, strays: Engine) -> None:
        keys = ask(strays, "SELECT count(*) FROM domain_event_keys")
        assert retain(strays, OLD, wait=going) == 0
        assert retain(strays, NOW - KEPT_FOR, wait=going) > 100
        assert ask(strays, "SELECT count(*) FROM domain_events") == 0
        assert ask(strays, "SELECT count(*) FROM deliveries") == 0
        assert ask(strays, "SELECT count(*) FROM domain_event_keys") == keys

    def test_what_something_refers_to_stays(self, strays: Engine) -> None:
        """G2, G16: nothing is lost by time."""
        one, other = (ask(strays, f"SELECT {end}(seq) FROM domain_events") for end in ENDS)
        execute(strays, f"UPDATE deliveries SET state = 'dead' WHERE seq = {one}")
        execute(
            strays,
            "INSERT INTO outbox (seq, received_at, type)"
            f" VALUES ({other}, '{OLD}', 'app.momento.later.v9')",
        )
        retain(strays, NOW - KEPT_FOR, wait=going)
        left = "SELECT array_agg(seq ORDER BY seq) FROM domain_events"
        assert ask(strays, left) == [one, other]
        assert ask(strays, "SELECT count(DISTINCT seq) FROM deliveries") == 1

    def test_each_page_is_a_transaction_and_the_last_is_reached(self, strays: Engine) -> None:
        execute(strays, "UPDATE deliveries SET state = 'dead' WHERE seq % 2 = 0")
        after: int | None = 0
        pages = 0
        while after is not None:
            with Session(strays) as session, session.begin():
                _, after = trim_strays(session, NOW, after=after, limit=7)
            pages += 1
        assert pages > 7
        assert ask(strays, "SELECT count(*) FROM domain_events WHERE seq % 2 = 1") == 0

    def test_its_month_is_left_to_it_and_the_others_are_made(self, strays: Engine) -> None:
        """A scheduler that comes back after months: whatever it finds, it goes on from there."""
        with Session(strays) as session, session.begin():
            assert make_partitions(session, OLD - timedelta(days=31)) == 3
        made = months(strays)
        assert "domain_events_2025_02" in made
        assert "domain_events_2025_04" in made
        assert MONTH not in made


class TestAlarm:
    def test_drift_is_the_runs_result_and_nothing_is_mended(
        self, evening: Engine, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """G3: shown by planting a fault."""
        execute(evening, person("status = 'paused'"))
        clock = Clock()
        chores = make_housekeeping(KEPT_FOR, going)
        ticker = a_ticker(evening, Timetable((), (), chores), clock)
        for chore in chores:
            ticker.tick_chore(chore)
        nine = clock.now.replace(hour=9)
        assert ticks(evening, "figures.reconcile") == [(nine, 1, "drift", None)]
        assert ask(evening, "SELECT status FROM users WHERE id = :id", id=ADA) == "paused"
        said = capsys.readouterr().out
        assert "reconcile.drifted" in said
        assert "users.status" in said
        assert ADA not in said

    def test_without_drift_the_rows_looked_at_are_counted(self, evening: Engine) -> None:
        assert reconcile_figures(evening, wait=going) > 100

    def test_what_is_on_its_way_is_looked_at_again(self, evening: Engine) -> None:
        """A figure that was only behind is no alarm."""
        execute(evening, person("status = 'paused'"))
        waited: list[timedelta] = []

        def wait(duration: timedelta) -> bool:
            if duration:
                waited.append(duration)
                execute(evening, person("status = 'active'"))
                execute(evening, person("status = 'paused'", BO))
            return True

        with on_its_way(evening):
            reconcile_figures(evening, wait=wait)
        assert waited == [BETWEEN]

    def test_what_stays_in_the_same_row_is_an_alarm_under_load_too(self, evening: Engine) -> None:
        execute(evening, person("status = 'paused'"))
        with on_its_way(evening), pytest.raises(DriftError) as caught:
            reconcile_figures(evening, wait=going)
        assert caught.value.checks == {"users.status": 1}

    def test_it_stops_when_asked_to(self, evening: Engine) -> None:
        with pytest.raises(StoppedError):
            reconcile_figures(evening, wait=lambda _: False)


@contextmanager
def on_its_way(engine: Engine) -> Iterator[None]:
    """Something is still to be routed."""
    execute(engine, "INSERT INTO outbox (seq, received_at, type) VALUES (0, now(), 'app.x.v1')")
    yield
