"""What `momento status` says to programs and to people."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, text

from domain.figures.snapshot import PARTS
from domain.tables.notifications import NotificationStatus
from scheduler.timetable import Timetable
from tests.factories.snapshots import well
from tests.helpers.command import Momento
from tests.helpers.diary import Diary
from tests.helpers.evening import an_evening
from tests.helpers.scheduling import Clock, a_term
from tests.helpers.telling import publish, settle, tell
from tests.integration.dashboard.scene import keep


@pytest.fixture
def diary() -> Diary:
    diary = Diary()
    diary.people("Ada")
    return diary


def execute(engine: Engine, statement: str) -> None:
    with engine.begin() as connection:
        connection.execute(text(statement))


class TestJson:
    def test_an_empty_system_has_every_promised_key(self, momento: Momento) -> None:
        said = momento("status", "--json")
        assert said.code == 0
        assert said.json == {
            "outbox": {"unrelayed": 0, "oldest_s": None},
            "deliveries": {
                "pending": 0,
                "done": 0,
                "rejected": 0,
                "deferred": 0,
                "failed": 0,
                "dead": 0,
                "discarded": 0,
            },
            "outside_months": 0,
            "lanes": [
                {"name": "plans", "queued": 0, "oldest_s": None},
                {"name": "seats", "queued": 0, "oldest_s": None},
                {"name": "afterwards", "queued": 0, "oldest_s": None},
            ],
            "chores": {"to_make": 0, "oldest_s": None, "to_sum_up": 0, "resting": []},
            "notifications": dict.fromkeys(NotificationStatus, 0),
            "telling": {"due": 0, "oldest_s": None},
            "refunds": {
                "due": 0,
                "frozen": 0,
                "pending": 0,
                "refused": 0,
                "failed": 0,
                "oldest_s": None,
            },
            "workers": [],
            "senders": [],
            "inbox": {"held": 0, "waiting": 0},
            "snapshot": {"age_s": None},
            "scheduler": {"leader": None, "jobs": []},
            "overview": {
                "mood": "unknown",
                "words": "Unknown: nobody has written down yet how things stand",
                "because": [],
                "next_step": "A dashboard does within seconds; see its log for collector.failed.",
                "others": [],
                "unknown": list(PARTS),
            },
        }

    def test_the_overview_says_what_the_dashboards_does(
        self, momento: Momento, engine: Engine
    ) -> None:
        keep(engine, well())
        overview = momento("status", "--json").json["overview"]
        assert (overview["mood"], overview["words"], overview["unknown"]) == (
            "quiet", "All quiet", [],
        )  # fmt: skip
        assert " All quiet. Nothing waits.\n" in momento("status").out

    def test_what_no_relay_has_seen_is_counted_with_its_age(
        self, momento: Momento, engine: Engine, diary: Diary
    ) -> None:
        publish(engine, diary.pages)
        execute(engine, "UPDATE outbox SET received_at = now() - interval '1 minute'")
        outbox = momento("status", "--json").json["outbox"]
        assert outbox["unrelayed"] == 2
        assert 60 <= outbox["oldest_s"] < 90

    def test_what_is_due_is_counted_by_lane_with_the_age_of_the_oldest(
        self, momento: Momento, engine: Engine, diary: Diary
    ) -> None:
        tell(engine, diary.pages)
        execute(
            engine,
            "UPDATE deliveries SET state = 'pending', due_at = now() - interval '1 hour'"
            " WHERE handler = 'users.apply_user_registered'",
        )
        said = momento("status", "--json").json
        plans = said["lanes"][0]
        assert (plans["name"], plans["queued"]) == ("plans", 1)
        assert 3600 <= plans["oldest_s"] < 3630
        assert said["deliveries"]["pending"] == 1
        assert said["deliveries"]["done"] == 1

    def test_what_waits_for_later_is_not_queued(
        self, momento: Momento, engine: Engine, diary: Diary
    ) -> None:
        diary.invited("drinks", "Ada")
        publish(engine, diary.pages)
        settle(engine)
        execute(
            engine, "UPDATE deliveries SET due_at = now() + interval '1 hour' WHERE due_at > now()"
        )
        said = momento("status", "--json").json
        assert said["deliveries"]["deferred"] == 1
        assert [lane["queued"] for lane in said["lanes"]] == [0, 0, 0]

    def test_a_worker_that_keeps_its_row_is_shown(self, momento: Momento, engine: Engine) -> None:
        execute(
            engine,
            "INSERT INTO workers (id, pid, host, lanes, started_at, last_seen_at) VALUES"
            " (gen_random_uuid(), 42, 'box', '{seats}', now(), now() - interval '3 seconds')",
        )
        (worker,) = momento("status", "--json").json["workers"]
        assert (worker["pid"], worker["host"], worker["lanes"]) == (42, "box", ["seats"])
        assert 3 <= worker["last_seen_s"] < 30

    def test_who_sends_and_what_is_held_and_how_old_the_snapshot_is(
        self, momento: Momento, engine: Engine
    ) -> None:
        execute(
            engine,
            "INSERT INTO processes SELECT gen_random_uuid(), name, 42, 'box', '1', now(), now(),"
            " 1, NULL, '{push,sms}', '[]' FROM (VALUES ('sender'), ('relay')) AS p (name)",
        )
        execute(
            engine,
            "INSERT INTO inbox (provider, id, type, said_at, state, reason) VALUES"
            " ('stripe', 'evt_1', 'x', now(), 'held', 'another_amount')",
        )
        execute(
            engine,
            "INSERT INTO snapshots (at, version, data) VALUES (now() - interval '1 hour', 1, '{}')",
        )
        said = momento("status", "--json").json
        (sender,) = said["senders"]
        assert (sender["pid"], sender["channels"]) == (42, ["push", "sms"])
        assert said["inbox"] == {"held": 1, "waiting": 0}
        assert 3600 <= said["snapshot"]["age_s"] < 3630
        shown = momento("status").out
        assert shown.startswith("1 held in the inbox: see momento inbox list\n")
        assert "1.0 h old" in shown


class TestForPeople:
    def test_a_settled_system_is_all_quiet(self, momento: Momento, engine: Engine) -> None:
        tell(engine, an_evening())
        lines = momento("status").out.splitlines()
        assert lines[0] == "all quiet"
        assert "lane seats" in "\n".join(lines)
        assert len(lines) == 15

    def test_the_dead_are_named_first_with_what_to_do(
        self, momento: Momento, engine: Engine, diary: Diary
    ) -> None:
        tell(engine, diary.pages)
        execute(engine, "UPDATE deliveries SET state = 'dead'")
        assert momento("status").out.startswith("2 dead: see momento dead list\n")

    def test_what_lies_outside_all_months_is_named(self, momento: Momento, engine: Engine) -> None:
        """A server's clock was far ahead, or nobody made the months in time."""
        tell(engine, an_evening())
        execute(engine, "UPDATE domain_events SET received_at = '2090-01-01Z' WHERE seq <= 3")
        said = momento("status")
        assert "domain events outside all months: 3, see the runbook" in said.out
        assert momento("status", "--json").json["outside_months"] == 3

    def test_late_work_without_a_worker_says_what_to_start(
        self, momento: Momento, engine: Engine, diary: Diary
    ) -> None:
        publish(engine, diary.pages)
        execute(engine, "UPDATE outbox SET received_at = now() - interval '1 minute'")
        first = momento("status").out.splitlines()[0]
        assert first == "work is late, and no worker is there: start momento up"

    def test_work_that_is_under_way_is_no_alarm(
        self, momento: Momento, engine: Engine, diary: Diary
    ) -> None:
        publish(engine, diary.pages)
        assert momento("status").out.splitlines()[0] == "at work"

    def test_a_port_that_is_left_alone_is_named_with_the_reason(
        self, momento: Momento, engine: Engine
    ) -> None:
        """G13."""
        execute(
            engine,
            "INSERT INTO port_rests (port, failures, until, reason, since)"
            " VALUES ('embeddings', 3, now() + interval '2 minutes', 'http_401', now())",
        )
        execute(
            engine,
            "INSERT INTO matching_requests (kind, target, due_at) VALUES ('event', 'x', now())",
        )
        said = momento("status").out
        assert said.startswith("at rest after trouble: embeddings (http_401)\n")
        assert "1 to make, the oldest for" in said
        (resting,) = momento("status", "--json").json["chores"]["resting"]
        assert (resting["port"], resting["reason"]) == ("embeddings", "http_401")
        assert 60 < resting["for_s"] <= 120


class TestTheScheduler:
    """What is scheduled, as whoever leads has written it down."""

    @pytest.fixture
    def scheduled(self, engine: Engine) -> None:
        execute(
            engine,
            "INSERT INTO schedules (name, every, at, sentence, paused_until) VALUES"
            " ('a', '1 hour', '0', 'Does a.', now() + interval '1 day'),"
            " ('figures.reconcile', '1 day', '9 hours', 'Looks.', NULL)",
        )

    @pytest.fixture
    def leading(self, database_url: str, engine: Engine) -> Iterator[Clock]:
        clock = Clock(datetime.now(UTC))
        with a_term(database_url, engine, clock, Timetable((), ())):
            yield clock

    def met(self, engine: Engine, result: str | None, ago: str, error: str | None = None) -> None:
        with engine.begin() as connection:
            connection.execute(
                text(
                    "INSERT INTO ticks (schedule, planned_at, started_at, took_ms, count, result,"
                    " error) SELECT 'figures.reconcile', at, at, 12.5, 3, :result, :error"
                    " FROM (SELECT now() - cast(:ago AS interval) AS at) AS newest"
                ),
                {"result": result, "ago": ago, "error": error},
            )

    def test_programs_get_the_leader_and_each_job(
        self, momento: Momento, engine: Engine, leading: Clock, scheduled: None
    ) -> None:
        self.met(engine, "done", "1 hour")
        said = momento("status", "--json")
        scheduler = said.json["scheduler"]
        assert said.code == 0
        assert (scheduler["leader"]["pid"], scheduler["leader"]["host"]) == (
            os.getpid(),
            os.uname().nodename,
        )
        first, second = scheduler["jobs"]
        assert (first["name"], first["last_run"], first["last_result"]) == ("a", None, None)
        assert first["next_run"] == first["paused_until"]
        assert (second["last_result"], second["count"], second["took_ms"]) == ("done", 3, 12.5)
        assert second["next_run"].endswith("09:00:00+00:00")

    def test_people_get_a_line(self, momento: Momento, leading: Clock, scheduled: None) -> None:
        lines = momento("status").out.splitlines()
        assert lines[0] == "all quiet"
        assert lines[-1].split() == [
            *("scheduler", str(os.getpid()), "on", os.uname().nodename),
            *("leads;", "2", "scheduled,", "1", "paused"),
        ]

    def test_drift_is_an_alarm_until_a_later_look_finds_none(
        self, momento: Momento, engine: Engine, leading: Clock, scheduled: None
    ) -> None:
        self.met(engine, "drift", "3 hours")
        self.met(engine, "failed", "2 hours", "OperationalError 57014")
        self.met(engine, None, "1 hour")
        said = momento("status")
        assert said.code == 1
        assert said.out.startswith("figures have drifted: see momento reconcile\n")
        self.met(engine, "done", "1 minute")
        assert momento("status").code == 0

    def test_what_failed_at_last_is_named(
        self, momento: Momento, engine: Engine, leading: Clock, scheduled: None
    ) -> None:
        self.met(engine, "failed", "1 hour", "OperationalError 57014")
        said = momento("status")
        assert said.code == 0
        assert said.out.startswith("failed at last: figures.reconcile: see momento schedule list\n")

    def test_nobody_who_leads_is_a_finding_where_something_is_scheduled(
        self, momento: Momento, scheduled: None
    ) -> None:
        assert momento("status").out.startswith("no scheduler leads: start momento up\n")

    @pytest.mark.parametrize(
        ("ahead", "told"),
        [
            (timedelta(hours=-1), "1.0 h behind"),
            (timedelta(hours=1, seconds=3), "1.0 h ahead of"),
        ],
    )
    def test_a_clock_that_differs_from_the_databases_is_a_finding(
        self, momento: Momento, database_url: str, engine: Engine, ahead: timedelta, told: str
    ) -> None:
        clock = Clock(datetime.now(UTC) + ahead)
        with a_term(database_url, engine, clock, Timetable((), ())):
            first = momento("status").out.splitlines()[0]
        assert first == f"the scheduler's clock is {told} the database's"


class TestErrors:
    def test_a_database_without_tables_says_what_to_run(
        self, momento: Momento, engine: Engine
    ) -> None:
        execute(engine, "DROP TABLE outbox")
        said = momento("status")
        assert said.code == 1
        assert said.err == (
            "momento status: The database lacks tables that this needs. Run `momento migrate`.\n"
        )

    def test_without_a_database_one_line_says_how_to_get_one(
        self, momento: Momento, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv("DATABASE_URL")
        said = momento("status")
        assert said.code == 1
        assert "momento up" in said.err


def test_ages_are_those_of_this_moment(momento: Momento, engine: Engine, diary: Diary) -> None:
    tell(engine, diary.pages)
    in_an_hour = datetime.now(UTC) + timedelta(hours=1)
    with engine.begin() as connection:
        connection.execute(
            text("UPDATE deliveries SET state = 'failed', due_at = :due"), {"due": in_an_hour}
        )
    assert momento("status").out.startswith("2 failed and to be tried again\n")
