"""What is said first of a snapshot: the cause, what it isn't, and never "well" of the unknown."""

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from dashboard.snapshots import Latest
from domain.figures.alarms import find_alerts
from domain.figures.crew import InHandNow
from domain.figures.gauges import SOURCES, gauges
from domain.figures.judgement import Judgement, Mood, judge_snapshot
from domain.figures.snapshot import (
    LATER,
    PARTS,
    VERSION,
    ChannelNow,
    Count,
    Deploy,
    How,
    InboxNow,
    Lane,
    Part,
    RefundsNow,
    StrangersNow,
    from_json,
    to_json,
)
from domain.figures.thresholds import BY_NAME, THRESHOLDS
from tests.factories.snapshots import LONG, NOW, a_process, judged, late_lane, well


class TestCalm:
    def test_all_quiet(self) -> None:
        assert (judged(well()).mood, judged(well()).statement) == (Mood.QUIET, "All quiet")

    def test_what_waits_for_something_is_no_alarm(self) -> None:
        found = judged(well(deliveries={"deferred": Count(10_000, How.LEAST)}))
        assert found.mood is Mood.QUIET
        assert found.hint == "At least 10,000 deliveries wait for something still to come."

    def test_work_is_no_alarm(self) -> None:
        found = judged(well(lanes=late_lane(2.0)))
        assert (found.mood, found.statement) == (Mood.BUSY, "At work: 812 deliveries to apply")


class TestUnknown:
    """Nobody knows: that is never called well."""

    @pytest.mark.parametrize("age_s", [15.1, 40.0, 86_400.0])
    def test_a_silent_collector(self, age_s: float) -> None:
        found = judged(well(), age_s=age_s)
        assert found.mood is Mood.UNKNOWN
        assert found.statement.startswith("Unknown: the collector has been silent for")
        assert found.unknown == PARTS

    def test_no_snapshot_ever(self) -> None:
        assert judge_snapshot(Latest(None, 0.0)).mood is Mood.UNKNOWN

    def test_a_database_that_is_away(self) -> None:
        found = judged(well(), age_s=60.0, is_away=True)
        assert (found.mood, found.statement) == (
            Mood.UNKNOWN,
            "Unknown: the database can't be reached",
        )

    @pytest.mark.parametrize("name", PARTS)
    def test_any_part_that_cannot_be_read(self, name: str) -> None:
        failed: dict[str, Any] = {name: Part(getattr(well(), name).value, NOW, "timeout")}
        snapshot = replace(well(), **failed)
        found = judge_snapshot(Latest(snapshot, 2.0))
        assert (found.mood, found.unknown) == (Mood.UNKNOWN, (name,))
        assert found.statement == f"Unknown: {name} can't be read"

    @pytest.mark.parametrize("name", PARTS)
    def test_any_part_that_nobody_has_read(self, name: str) -> None:
        """A dashboard without a broker's address reads all but that, and has no trouble."""
        nobody: dict[str, Any] = {name: Part()}
        found = judge_snapshot(Latest(replace(well(), **nobody), 2.0))
        assert (found.mood, found.unknown) == (Mood.UNKNOWN, (name,))

    def test_what_a_version_before_did_not_know_of_is_not_asked(self) -> None:
        """But what it knew of and nobody read, or what could not be read, is unknown."""
        data = json.loads(to_json(well()))
        for name in LATER:
            del data[name]
        assert self.read(data).mood is Mood.QUIET
        data["deploys"] = {"value": None, "at": None, "trouble": "timeout"}
        assert self.read(data).unknown == ("deploys",)
        data["deploys"]["trouble"] = None
        assert self.read(data).unknown == ("deploys",)

    def test_a_snapshot_of_nothing_is_not_one_of_a_version_before(self) -> None:
        assert set(self.read({"at": NOW.isoformat()}).unknown) == {*PARTS} - {*LATER}

    @staticmethod
    def read(data: dict[str, Any]) -> Judgement:
        snapshot = from_json(data, version=VERSION)
        assert snapshot is not None
        return judge_snapshot(Latest(snapshot, 2.0))

    def test_after_a_while_it_is_an_alarm(self) -> None:
        found = judged(replace(well(), inbox=Part(None, None, "timeout")))
        assert found.first is not None
        assert (found.first.name, found.unknown) == ("PartUnknown", ("inbox",))


class TestAlarms:
    def test_the_cause_comes_first_and_what_follows_says_why(self) -> None:
        """Nobody works, so a lane is late."""
        others = (a_process("relay"), a_process("sender", "push"), a_process("gateway"))
        found = judged(well(lanes=late_lane(400.0), processes=others))
        assert found.first is not None
        assert (found.mood, found.first.name) == (Mood.PAGE, "NoWorker")
        assert found.statement == "No worker takes lane plans"
        assert found.first.also_of == 2
        (late,) = found.others
        assert late.statement == "lane seats is late by 6 min"
        assert late.because == ("no worker takes lane seats",)
        assert late.hint == found.first.hint
        assert late.runbook == "docs/runbook.md#lanelate"

    def test_a_cause_is_one_of_the_same_lane(self) -> None:
        """That nobody takes one lane doesn't explain that another is late."""
        lanes = (Lane("plans", Count(9), 900.0), Lane("seats", Count(812), 400.0))
        rest = (a_process(name) for name in ("relay", "sender", "gateway"))
        workers = (a_process("worker", "seats", "afterwards"), *rest)
        found = judged(well(lanes=lanes, processes=workers))
        assert found.first is not None
        assert [each.statement for each in (found.first, *found.others)] == [
            "no worker takes lane plans",
            "lane seats is late by 6 min",
            "lane plans is late by 15 min",
        ]
        seats, plans = found.others
        assert (seats.because, plans.because) == ((), ("no worker takes lane plans",))
        assert "workers are at work" in seats.not_because

    def test_the_mood_is_that_of_the_worst(self) -> None:
        """Even if a warning explains it, and so comes first."""
        failing = Lane("seats", Count(812), 400.0, {"done": 90, "failed": 10})
        found = judged(well(lanes=(failing,)))
        assert found.first is not None
        assert (found.first.name, found.first.mood) == ("LaneFailing", Mood.WARN)
        assert [each.name for each in found.others] == ["LaneLate"]
        assert found.mood is Mood.PAGE

    def test_what_it_is_not_is_said(self) -> None:
        found = judged(well(lanes=late_lane(40.0)))
        assert found.first is not None
        assert (found.mood, found.first.since) == (Mood.WARN, NOW - LONG)
        assert found.first.not_because == (
            "the broker answers",
            "workers are at work",
            "hardly anything fails",
            "the database has room",
        )

    def test_what_is_unknown_is_not_ruled_out(self) -> None:
        snapshot = replace(well(lanes=late_lane(40.0)), database=Part(None, None, "timeout"))
        alarms = {
            each.name: each for each in (judged(snapshot).first, *judged(snapshot).others) if each
        }
        assert "the database has room" not in alarms["LaneLate"].not_because

    def test_redis_away_is_known_by_itself(self) -> None:
        snapshot = replace(well(lanes=late_lane(40.0)), broker=Part(None, None, "ConnectionError"))
        found = judged(snapshot)
        assert found.statement == "The broker doesn't answer"
        assert [each.name for each in found.others] == ["LaneLate"]

    def test_a_page_comes_before_a_warning(self) -> None:
        channels = (ChannelNow("sms", Count(3), 4_000.0, Count(0), Count(0)),)
        found = judged(well(channels=channels, inbox=InboxNow(Count(2), Count(0))))
        assert found.statement == "People have waited for 1 h 6 min to be told by sms"
        assert [each.name for each in found.others] == ["InboxHeld"]

    def test_money_that_doesnt_go_back_rings(self) -> None:
        states = {"due": Count(3), "frozen": Count(1), "refused": Count(1), "failed": Count(2)}
        found = judged(well(refunds=RefundsNow(states, 90_000.0)))
        names = {found.first.name if found.first else "", *(each.name for each in found.others)}
        assert names == {"RefundsInVain", "RefundsLate"}
        assert "3 refunds came to nothing" in found.statement
        frozen = RefundsNow({"frozen": Count(9), "refused": Count(0)}, None)
        assert judged(well(refunds=frozen)).first is None

    def test_what_nobody_here_knows_isn_t_quiet(self) -> None:
        strangers = StrangersNow(("teas.make",), Count(3), 20.0)
        found = judged(well(strangers=strangers))
        assert (found.mood, found.statement) == (Mood.BUSY, "At work: 3 deliveries to apply")
        found = judged(well(strangers=replace(strangers, oldest_s=90.0)))
        assert found.mood is Mood.WARN
        assert found.statement.startswith("Deliveries of handlers that this version doesn't know")

    def test_a_worker_that_fell_silent_is_told_of_though_another_takes_its_lanes(self) -> None:
        processes = well().processes.value or ()
        worker = next(each for each in processes if each.name == "worker")
        for seen_s in (20.0, 900.0):
            silent = replace(
                worker,
                last_seen_s=seen_s,
                memory_bytes=10**9 if seen_s > 60 else 1,
                # What one that is gone had in hand isn't in hand any more.
                doing=(InHandNow("kudos", 1, seen_s),),
            )
            found = judged(well(processes=(*processes, silent)))
            assert (found.mood, found.statement) == (Mood.WARN, "A worker has fallen silent")
            assert found.others == ()

    def test_what_has_not_held_long_enough_is_only_announced(self) -> None:
        snapshot = well(processes=())
        alerts = find_alerts(snapshot, (), now=NOW)
        found = judge_snapshot(Latest(replace(snapshot, alerts=alerts), 2.0))
        assert found.mood is Mood.QUIET
        missing = {"NoWorker", "NoRelay", "NoSender", "NoGateway"}
        assert {each.name for each in found.soon} == missing


class TestTable:
    def test_every_threshold_is_about_a_gauge_that_there_is(self) -> None:
        known = {source.name for source in SOURCES} | {"part_failed"}
        assert [each.name for each in THRESHOLDS if each.gauge not in known] == []

    def test_causes_exist_and_none_explains_itself(self) -> None:
        for threshold in THRESHOLDS:
            assert set(threshold.causes) <= BY_NAME.keys() - {threshold.name}
            assert threshold.warn is not None or threshold.page is not None

    def test_the_worse_level_lies_further_out(self) -> None:
        for each in THRESHOLDS:
            if each.warn is not None and each.page is not None:
                assert (each.page < each.warn) if each.is_below else (each.page > each.warn)

    def test_each_statement_names_only_what_its_gauge_has(self) -> None:
        labels = {source.name: source.labels for source in SOURCES} | {"part_failed": ("part",)}
        for each in THRESHOLDS:
            named = dict.fromkeys((*labels[each.gauge], "value"), "x")
            assert each.statement.format(**named)

    def test_nobody_is_named_in_a_gauge(self) -> None:
        """G15."""
        names = {name for gauge in gauges(well()) for name in gauge.labels}
        assert names <= {"part", "lane", "state", "channel", "port", "process"}

    def test_a_part_that_failed_gives_no_numbers(self) -> None:
        snapshot = replace(well(), lanes=Part(well().lanes.value, NOW, "timeout"))
        given: Iterable[str] = {gauge.name for gauge in gauges(snapshot)}
        assert "lane_due" not in given
        assert "outbox_waiting" in given


class TestAfterADeploy:
    """`judged` has had everything so for half an hour: since half past eleven."""

    SINCE = NOW - LONG

    @pytest.mark.parametrize(
        ("marks", "said"),
        [
            ((), ""),
            (
                (Deploy(SINCE - timedelta(minutes=4), "2.0"),),
                "4 min after version 2.0 was deployed",
            ),
            ((Deploy(SINCE - timedelta(minutes=16), "2.0"),), ""),
            ((Deploy(SINCE + timedelta(minutes=1), "2.0"),), ""),
            (
                (
                    Deploy(SINCE - timedelta(minutes=9), "1.9"),
                    Deploy(SINCE - timedelta(minutes=2), "2.0"),
                ),
                "2 min after version 2.0 was deployed",
            ),
        ],
        ids=["none", "soon after", "long after", "before it", "the last of two"],
    )
    def test_what_began_soon_after_one_says_so(self, marks: tuple[Deploy, ...], said: str) -> None:
        found = judged(well(lanes=late_lane(60.0), deploys=marks))
        assert found.first is not None
        assert (found.first.since, found.first.after) == (self.SINCE, said)
