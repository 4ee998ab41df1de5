"""What each panel of the overview makes of a snapshot, and that none shows old values as new."""

from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest

from dashboard.asking import NAMES
from dashboard.filtering import delivery_filter, telling_filter
from dashboard.known import LIFE_S, MOST, Known
from dashboard.pages.overview import kinds_of, lead_of, panels
from dashboard.pages.workers import missing_of
from dashboard.panels import panel_of
from dashboard.pipe import Stage, pipe_of
from dashboard.ranking import error_in_ledger, late_schedules, rank_lanes, rank_processes
from dashboard.sessions import SignedIn
from dashboard.snapshots import Latest
from dashboard.strips import strip_of
from dashboard.words import counted, quick, rate
from domain.deaths import KILLED
from domain.figures.crew import InHandNow
from domain.figures.judgement import Alarm, Mood
from domain.figures.snapshot import (
    ChannelNow,
    Count,
    Failing,
    How,
    Lane,
    Part,
    Queue,
    Resting,
    ScheduleNow,
    SchedulerNow,
    Snapshot,
)
from domain.figures.thresholds import THRESHOLDS
from domain.ops.scheduling import Tick
from domain.tables.accounts import Role
from tests.factories.snapshots import NOW, a_process, judged, late_lane, well


def stage(name: str, now: Snapshot, before: Snapshot | None = None) -> Stage:
    return next(each for each in pipe_of(now, before) if each.name == name)


def outbox(oldest_s: float) -> Snapshot:
    return well(outbox=Queue("outbox", Count(4), oldest_s, left=30))


class TestPipe:
    def test_each_stage_says_how_much_how_old_and_how_fast(self) -> None:
        found = stage("outbox", outbox(3.0))
        assert found.numbers[0].count == Count(4)
        assert (found.oldest_s, found.a_minute) == (3.0, 3.0)

    @pytest.mark.parametrize(
        ("before_s", "now_s", "grows"),
        [(None, 40.0, True), (20.0, 40.0, True), (50.0, 40.0, False), (1.0, 9.0, False)],
    )
    def test_the_stage_whose_oldest_gets_older_is_where_it_is_blocked(
        self, before_s: float | None, now_s: float, *, grows: bool
    ) -> None:
        before = None if before_s is None else outbox(before_s)
        assert stage("outbox", outbox(now_s), before).is_growing is grows

    def test_lanes_and_channels_are_added_up_as_exactly_as_they_are_known(self) -> None:
        lanes = (Lane("a", Count(10_000, How.LEAST), 5.0, {"done": 20}), Lane("b", Count(1), 9.0))
        channels = (
            ChannelNow("push", Count(2), 4.0, Count(1), Count(0), {"sent": 10, "delivered": 5}),
            ChannelNow("sms", Count(3), None, Count(0), Count(7), {"unknown": 10}),
        )
        resting = (Resting("twilio", "http_500", 90.0, 30.0),)
        now = well(lanes=lanes, channels=channels, resting=resting)
        assert counted(stage("lanes", now).numbers[0].count) == "10,001+"
        assert (stage("lanes", now).oldest_s, stage("lanes", now).a_minute) == (9.0, 2.0)
        told, providers = stage("notifications", now), stage("providers", now)
        assert (told.numbers[0].count, told.a_minute) == (Count(5), 2.0)
        assert [each.count.number for each in providers.numbers] == [1, 7]
        assert providers.words == "twilio rests: http_500"
        assert providers.is_growing

    def test_nothing_known_is_no_trouble_to_show(self) -> None:
        found = panels(Latest(None, 0.0, is_away=True), None)
        assert {panel.words for _, panel in found["stages"]} == {
            "Not known yet: the database can't be reached."
        }


class TestPanels:
    """Each fails alone, shows its last value, and says how old that is."""

    def test_one_that_can_be_read_says_nothing(self) -> None:
        assert panel_of(Latest(well(), 2.0), "lanes", "outbox").words == ""

    def test_one_that_cannot_says_since_when(self) -> None:
        stale = Part(well().lanes.value, NOW - timedelta(minutes=3), "timeout")
        latest = Latest(replace(well(), lanes=stale), 2.0)
        assert panel_of(latest, "lanes").words == "3 min old: it can't be read (timeout)."
        assert panel_of(latest, "lanes").is_known
        assert panel_of(latest, "outbox").words == ""

    @pytest.mark.parametrize(
        ("latest", "why"),
        [
            (Latest(well(), 40.0), "40 s old: the collector is silent."),
            (Latest(well(), 3.0, is_away=True), "3 s old: the database can't be reached."),
        ],
    )
    def test_all_are_old_when_nobody_looks(self, latest: Latest, why: str) -> None:
        assert {panel.words for _, panel in panels(latest, None)["stages"]} == {why}

    def test_a_part_that_was_never_read_is_not_known(self) -> None:
        never = replace(well(), lanes=Part(None, None, "timeout"))
        panel = panel_of(Latest(never, 1.0), "lanes")
        assert (panel.is_known, panel.words) == (
            False,
            "Not known yet: it can't be read (timeout).",
        )


class TestRanking:
    def test_the_worst_lane_comes_first_and_says_why(self) -> None:
        lanes = (
            Lane("plans", Count(900), 2.0, {"done": 50}),
            Lane("seats", Count(1), 400.0),
            Lane("afterwards", Count(1), 1.0, {"done": 80, "failed": 20}),
        )
        rows = rank_lanes(well(lanes=lanes))
        assert [(row.lane.name, row.tone, row.words) for row in rows] == [
            ("seats", "bad", "late"),
            ("afterwards", "late", "failing"),
            ("plans", "plain", ""),
        ]

    def test_a_lane_that_nobody_takes(self) -> None:
        row = rank_lanes(well(lanes=late_lane(1.0), processes=(a_process("worker", "plans"),)))[0]
        assert (row.lane.name, row.takers, row.words) == ("seats", 0, "no worker takes it")

    def test_how_many_take_it_is_unknown_when_processes_are(self) -> None:
        unread = replace(well(), processes=Part(None, None, "timeout"))
        assert {row.takers for row in rank_lanes(unread)} == {None}

    def test_silent_processes_come_first_then_stuck_ones(self) -> None:
        stuck = replace(a_process("worker"), pid=2, doing=(InHandNow("kudos", 1, 90.0),))
        silent = replace(a_process("relay"), pid=3, last_seen_s=40.0)
        large = replace(a_process("sender"), pid=4, memory_bytes=600_000_000)
        gone = replace(a_process("relay"), pid=5, last_seen_s=600.0)
        rows = rank_processes(well(processes=(a_process("gateway"), stuck, silent, large, gone)))
        assert [row.process.pid for row in rows] == [5, 3, 4, 2, 42]
        assert rows[0].words == "gone without a word, not replaced"
        assert rows[1].words == "silent: it has ended, or hangs"
        assert rows[-1].words == ""

    def test_schedules_that_somebody_should_look_at(self) -> None:
        fine = ScheduleNow(
            *("fine", 1.0, 0, "done"), is_drifted=False, paused_until=None, paused_why=None
        )
        named = [
            replace(fine, name="late", late_s=40.0, missed=2),
            replace(fine, name="failed", last_result="failed"),
            replace(fine, name="drift", is_drifted=True),
            replace(fine, name="paused", paused_until=NOW),
        ]
        scheduler = SchedulerNow(7, "box", 1.0, 0.0, (fine, *named))
        found = late_schedules(well(scheduler=scheduler))
        assert [each.name for each in found] == ["late", "failed", "drift", "paused"]

    @pytest.mark.parametrize(
        ("error", "listed"),
        [
            ("KeyError | kudos/rules.py in judge", "KeyError | kudos/rules.py in judge"),
            ("ValueError | …", None),
            ("waited in vain for something that never came", None),
            (KILLED, "its process was killed or stopped"),
        ],
    )
    def test_a_failure_leads_to_the_same_ones_in_the_ledger(
        self, error: str, listed: str | None
    ) -> None:
        assert error_in_ledger(Failing("f", "h", error, NOW, NOW, "1", 1, 2)) == listed


class TestStrips:
    def test_a_bar_a_run_the_newest_at_the_right_and_failures_tallest(self) -> None:
        ticks = [
            Tick(NOW, NOW, 10.0, "done", None),
            Tick(NOW, NOW, 40.0, "done", None),
            Tick(NOW, NOW, 1.0, "failed", "KeyError"),
            Tick(NOW, NOW, None, None, None),
        ]
        found = strip_of(ticks)
        assert dict(found.paths) == {
            "quiet": "M224 20v-4h3v4zM228 20v-16h3v16z",
            "bad": "M232 20v-20h3v20z",
            "busy": "M236 20v-4h3v4z",
        }
        assert found.words == "4 runs, 1 of them not done, the newest of these failed"
        assert strip_of([]).words == "0 runs, 0 of them not done"


class TestMissing:
    def test_kinds_and_takers_that_there_are_none_of(self) -> None:
        silent = replace(a_process("relay"), last_seen_s=40.0)
        found = missing_of((a_process("worker", "plans", "seats"), silent, a_process("sender")))
        assert found == [
            "No relay runs: retries, second looks and lost bells wait.",
            "No scheduler runs: what becomes due waits.",
            "No gateway runs: nothing comes in over HTTP.",
            "No dashboard runs: nobody collects.",
            "No worker takes lane afterwards.",
        ]
        assert missing_of(None) == []


class TestVerdict:
    def test_with_the_database_away_it_is_unknown_at_once(self) -> None:
        assert judged(well(), age_s=1.0, is_away=True).statement.startswith("Unknown")

    def test_what_is_said_aloud_changes_with_the_alarms_alone(self) -> None:
        once, later = judged(well(lanes=late_lane(400.0))), judged(well(lanes=late_lane(460.0)))
        assert once.statement != later.statement
        assert kinds_of(once) == kinds_of(later) != kinds_of(judged(well()))

    def test_an_alarm_leads_to_its_page(self) -> None:
        found = judged(well(deliveries={"dead": Count(3)}))
        assert found.first is not None
        assert lead_of(found.first) == ("What is dead", "/dead")

    def test_what_a_link_narrows_down_is_a_filter_of_its_page(self) -> None:
        """A name that no page has would lead to everything."""
        alarms = (Alarm(each.name, Mood.WARN, "", "", NOW) for each in THRESHOLDS)
        leads = [lead[1] for lead in map(lead_of, alarms) if lead]
        numbers = [each.path for stage in pipe_of(well(), None) for each in stage.numbers]
        narrow = [urlsplit(path) for path in (*leads, *numbers) if "?" in path]
        assert {path.path for path in narrow} == {"/deliveries", "/notifications"}
        for path in narrow:
            asked = dict(parse_qsl(path.query))
            wanted = (
                telling_filter(asked, NOW)
                if path.path == "/notifications"
                else delivery_filter(asked, NOW)
            )
            assert wanted != type(wanted)()
            assert wanted.state == asked.get("state")
            assert asked.keys() <= set(NAMES)


class TestKnown:
    def test_for_a_while_and_no_longer_and_not_who_has_left(self) -> None:
        now, ada = [0.0], SignedIn("ada", Role.VIEWER, "x")
        known = Known(lambda: now[0])
        assert known.recall("a") is None
        known.note("a", ada)
        now[0] = LIFE_S - 1
        assert known.recall("a") is ada
        now[0] = LIFE_S
        assert known.recall("a") is None
        known.note("b", ada)
        known.note("b", None)
        assert known.recall("b") is None

    def test_no_more_than_so_many(self) -> None:
        known, ada = Known(lambda: 0.0), SignedIn("ada", Role.VIEWER, "x")
        for each in range(MOST + 1):
            known.note(str(each), ada)
        assert known.recall("0") is None
        assert known.recall("1") is ada


class TestWords:
    @pytest.mark.parametrize(
        ("said", "expected"),
        [
            (counted(Count(1_234)), "1,234"),
            (counted(Count(10_000, How.LEAST)), "10,000+"),
            (counted(Count(9_000_000, How.ABOUT)), "~9,000,000"),
            (rate(None), "-"),
            (rate(0.0), "0"),
            (rate(0.4), "0.4"),
            (rate(1_200.4), "1,200"),
            (quick(None), "-"),
            (quick(0.0025), "2.5 ms"),
            (quick(0.04), "40 ms"),
            (quick(1.24), "1.2 s"),
            (quick(240), "4 min"),
        ],
    )
    def test_numbers_as_people_say_them(self, said: str, expected: str) -> None:
        assert said == expected
