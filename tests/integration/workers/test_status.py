"""What `momento status` says to programs and to people."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, text

from tests.helpers.command import Momento
from tests.helpers.evening import Diary, an_evening, publish, settle, tell


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
            "lanes": [
                {"name": "plans", "queued": 0, "oldest_s": None},
                {"name": "seats", "queued": 0, "oldest_s": None},
                {"name": "afterwards", "queued": 0, "oldest_s": None},
            ],
            "chores": {"to_make": 0, "oldest_s": None, "to_sum_up": 0, "resting": []},
            "notifications": {},
            "workers": [],
            "scheduler": {"leader": None, "jobs": []},
        }

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


class TestForPeople:
    def test_a_settled_system_is_all_quiet(self, momento: Momento, engine: Engine) -> None:
        tell(engine, an_evening())
        lines = momento("status").out.splitlines()
        assert lines[0] == "all quiet"
        assert "lane seats" in "\n".join(lines)
        assert len(lines) == 8

    def test_the_dead_are_named_first_with_what_to_do(
        self, momento: Momento, engine: Engine, diary: Diary
    ) -> None:
        tell(engine, diary.pages)
        execute(engine, "UPDATE deliveries SET state = 'dead'")
        assert momento("status").out.startswith("2 dead: see momento dead list\n")

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
