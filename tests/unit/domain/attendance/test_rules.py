"""Rules, "Attendance" and "Absentee rating (reliability)"."""

from datetime import datetime, timedelta
from math import degrees, pi
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.attendance.rules import (
    CheckIn,
    Occasion,
    Outcome,
    Place,
    Presence,
    Report,
    absentee_rating,
    distance_metres,
    judge_check_in,
    note_on_check_in,
    note_on_report,
    settle_presence,
)
from domain.tables.attendance import AttendanceStatus
from tests.factories.facts import DAY, END, HOUR, INSTANT, MINUTE, START, a_stamp

EARTH_RADIUS = 6_371_008.8
BAR, PARK = Place(52.5, 13.4), Place(52.6, 13.5)
EVENING = Occasion(START, END, [BAR, PARK], finalized=False)
FINAL = Occasion(START, END, [BAR, PARK], finalized=True)


def north_of(place: Place, metres: float) -> Place:
    """Along a meridian a distance is an angle times the radius."""
    return Place(place.latitude + degrees(metres / EARTH_RADIUS), place.longitude)


def check_in(time: datetime = START, place: Place = BAR, id_: str = "m") -> CheckIn:
    return CheckIn(a_stamp(time, id_), place)


def report(status: str, by: str, time: datetime = END, *, leads: bool = False) -> Report:
    return Report(a_stamp(time, by), by, AttendanceStatus(status), leads)


def presence(*said: CheckIn | Report, late: bool = False, occasion: Occasion = EVENING) -> Presence:
    return settle_presence(
        cancelled_late=late,
        check_ins=[each for each in said if isinstance(each, CheckIn)],
        reports=[each for each in said if isinstance(each, Report)],
        occasion=occasion,
    )


class TestDistance:
    @pytest.mark.parametrize(
        ("one", "other", "metres"),
        [
            pytest.param(BAR, BAR, 0.0, id="nowhere"),
            pytest.param(Place(0, 0), Place(0, 90), EARTH_RADIUS * pi / 2, id="a quarter round"),
            pytest.param(Place(-90, 0), Place(90, 77), EARTH_RADIUS * pi, id="pole to pole"),
            pytest.param(Place(0, 179.5), Place(0, -179.5), 111_195.08, id="over the date line"),
            pytest.param(Place(60, 0), Place(60, 180), EARTH_RADIUS * pi / 3, id="over the pole"),
            pytest.param(BAR, north_of(BAR, 500), 500.0, id="500 m along a meridian"),
        ],
    )
    def test_it_is_the_great_circle(self, one: Place, other: Place, metres: float) -> None:
        assert distance_metres(one, other) == pytest.approx(metres, rel=1e-7, abs=1e-3)


class TestJudgeCheckIn:
    @pytest.mark.parametrize(
        ("time", "note"),
        [
            pytest.param(START - 30 * MINUTE - INSTANT, "too_early", id="before the window"),
            pytest.param(START - 30 * MINUTE, None, id="30 minutes before the start"),
            pytest.param(END, None, id="at the end"),
            pytest.param(END + INSTANT, "too_late", id="after the end"),
        ],
    )
    def test_it_counts_from_30_minutes_before_the_start_until_the_end(
        self, time: datetime, note: str | None
    ) -> None:
        assert judge_check_in(check_in(time), EVENING) == note

    @pytest.mark.parametrize(
        ("place", "note"),
        [
            pytest.param(BAR, None, id="there"),
            pytest.param(north_of(BAR, 499.999), None, id="within 500 m"),
            pytest.param(north_of(BAR, 500.001), "too_far", id="beyond 500 m"),
            pytest.param(north_of(PARK, -499.999), None, id="within 500 m of another stop"),
        ],
    )
    def test_it_counts_within_500_m_of_any_stop(self, place: Place, note: str | None) -> None:
        assert judge_check_in(check_in(place=place), EVENING) == note


class TestNoteOnCheckIn:
    @pytest.mark.parametrize(
        ("tried", "standing", "note"),
        [
            pytest.param(check_in(), check_in(), None, id="it stands"),
            pytest.param(
                check_in(START + HOUR), check_in(START), "another_stands", id="an earlier stands"
            ),
            pytest.param(check_in(START - HOUR), check_in(), "too_early", id="too early"),
            pytest.param(check_in(END + HOUR), None, "too_late", id="nobody's, and too late"),
        ],
    )
    def test_it_says_why_it_changes_nothing(
        self, tried: CheckIn, standing: CheckIn | None, note: str | None
    ) -> None:
        decided = Presence(AttendanceStatus.ATTENDED, standing)
        assert note_on_check_in(tried, occasion=EVENING, presence=decided) == note

    def test_that_of_somebody_without_a_row_does_not_count(self) -> None:
        assert note_on_check_in(check_in(), occasion=EVENING, presence=None) == "no_seat"


class TestNoteOnReport:
    @pytest.mark.parametrize(
        ("said", "standing", "has_row", "note"),
        [
            pytest.param(END, END, True, None, id="it counts"),
            pytest.param(START, START, True, None, id="at the start"),
            pytest.param(START - INSTANT, START - INSTANT, True, "before_start", id="before it"),
            pytest.param(START, END, True, "newer_stands", id="its author thought better of it"),
            pytest.param(END, None, True, "may_not_report", id="its author was not there"),
            pytest.param(END, END, False, "no_seat", id="about somebody without a row"),
            pytest.param(END, None, False, "may_not_report", id="two strangers"),
        ],
    )
    def test_it_says_why_it_changes_nothing(
        self, said: datetime, standing: datetime | None, *, has_row: bool, note: str | None
    ) -> None:
        stands = None if standing is None else report("late", "eve", standing)
        found = note_on_report(
            a_stamp(said, "eve"), standing=stands, occasion=EVENING, has_row=has_row
        )
        assert found == note


ATTENDED, LATE, NO_SHOW = "attended", "late", "no_show"


class TestPrecedence:
    @pytest.mark.parametrize(
        ("said", "rest", "status", "by"),
        [
            pytest.param([], {}, "confirmed", None, id="nothing is known"),
            pytest.param([], {"occasion": FINAL}, NO_SHOW, None, id="finalised"),
            pytest.param([check_in()], {"occasion": FINAL}, ATTENDED, None, id="checked in"),
            pytest.param(
                [check_in(START - HOUR)], {"occasion": FINAL}, NO_SHOW, None, id="in vain"
            ),
            pytest.param(
                [check_in(), report(NO_SHOW, "eve")], {}, NO_SHOW, "eve", id="an attendee's word"
            ),
            pytest.param(
                [
                    report(NO_SHOW, "eve"),
                    report(NO_SHOW, "dan"),
                    report(LATE, "host", START, leads=True),
                ],
                {},
                LATE,
                "host",
                id="host or co-host before all attendees",
            ),
            pytest.param(
                [
                    report(LATE, "host", START, leads=True),
                    report(ATTENDED, "cleo", END, leads=True),
                ],
                {},
                ATTENDED,
                "cleo",
                id="the newest of host and co-hosts",
            ),
            pytest.param(
                [check_in(), report(ATTENDED, "host", leads=True)],
                {"late": True},
                "cancelled_late",
                None,
                id="cancelled late before all else",
            ),
        ],
    )
    def test_the_first_that_applies_decides(
        self, said: list[Any], rest: dict[str, Any], status: str, by: str | None
    ) -> None:
        decided = presence(*said, **rest)
        assert (decided.status, decided.reported_by) == (status, by)

    def test_the_earliest_check_in_that_counts_stands(self) -> None:
        early, first = check_in(START - HOUR), check_in(START + MINUTE)
        assert presence(check_in(END), first, early).checked_in == first

    def test_of_two_check_ins_at_one_time_the_first_by_id_stands(self) -> None:
        first, second = check_in(id_="a"), check_in(place=PARK, id_="b")
        assert presence(second, first).checked_in == first


class TestReports:
    @pytest.mark.parametrize(
        ("reports", "status", "by"),
        [
            pytest.param(
                [
                    report(NO_SHOW, "a", END),
                    report(ATTENDED, "b", START),
                    report(ATTENDED, "c", START + HOUR),
                ],
                ATTENDED,
                "c",
                id="most; its newest report decides",
            ),
            pytest.param(
                [
                    report(LATE, "a", START),
                    report(LATE, "b", START + HOUR),
                    report(NO_SHOW, "c", START + HOUR),
                    report(NO_SHOW, "d", START),
                ],
                NO_SHOW,
                "c",
                id="a tie goes to the newest report, of one time by id",
            ),
            pytest.param(
                [
                    report(LATE, "a", START + 2 * HOUR),
                    report(NO_SHOW, "b", START + HOUR),
                    report(ATTENDED, "c", END),
                    report(LATE, "d", START),
                    report(NO_SHOW, "e", START),
                ],
                LATE,
                "a",
                id="a tie is between those that most reported",
            ),
            pytest.param(
                [report(NO_SHOW, "a", START - INSTANT)], "confirmed", None, id="before the start"
            ),
            pytest.param([report(NO_SHOW, "a", START)], NO_SHOW, "a", id="at the start"),
        ],
    )
    def test_the_majority_decides(self, reports: list[Report], status: str, by: str | None) -> None:
        decided = presence(*reports)
        assert (decided.status, decided.reported_by) == (status, by)

    @given(
        st.dictionaries(
            st.sampled_from("abcde"),
            st.tuples(st.sampled_from([ATTENDED, LATE, NO_SHOW]), st.integers(0, 3), st.booleans()),
        ),
        st.randoms(use_true_random=False),
    )
    def test_the_order_of_arrival_has_no_meaning(
        self, said: dict[str, tuple[str, int, bool]], draw: Random
    ) -> None:
        reports = [
            report(status, by, START + hours * HOUR, leads=leads)
            for by, (status, hours, leads) in said.items()
        ]
        shuffled = list(reports)
        draw.shuffle(shuffled)
        assert presence(*shuffled) == presence(*reports)


def outcome(status: str, ago: timedelta = timedelta(0)) -> Outcome:
    return Outcome(AttendanceStatus(status), START - ago)


OUTCOMES = st.lists(
    st.builds(
        outcome,
        st.sampled_from(list(AttendanceStatus)),
        st.integers(0, 2000).map(lambda d: d * DAY),
    ),
    max_size=20,
)


class TestAbsenteeRating:
    @pytest.mark.parametrize(
        ("outcomes", "rating"),
        [
            pytest.param([], None, id="no outcome yet"),
            pytest.param([outcome("confirmed")], None, id="confirmed is no outcome"),
            pytest.param([outcome("attended")], (2.7 + 1.00) / 4, id="attended"),
            pytest.param([outcome("late")], (2.7 + 0.75) / 4, id="late"),
            pytest.param([outcome("cancelled_late")], (2.7 + 0.40) / 4, id="cancelled late"),
            pytest.param([outcome("check_in_abandoned")], (2.7 + 0.20) / 4, id="abandoned"),
            pytest.param([outcome("no_show")], 2.7 / 4, id="no show"),
            pytest.param(
                [outcome("no_show", 720 * DAY)], 2.7 / 4, id="the latest weighs 1, however old"
            ),
            pytest.param(
                [outcome("attended"), outcome("no_show", 180 * DAY)],
                (2.7 + 1) / 4.5,
                id="180 days before it weighs a half",
            ),
            pytest.param(
                [outcome("no_show"), outcome("late", 180 * DAY), outcome("attended", 360 * DAY)],
                (2.7 + 0.75 / 2 + 1 / 4) / 4.75,
                id="360 days before it a quarter",
            ),
            pytest.param(
                [outcome("confirmed"), outcome("no_show", 360 * DAY)],
                2.7 / 4,
                id="only outcomes say which is the latest",
            ),
        ],
    )
    def test_it_is_the_weighted_mean_drawn_towards_0_9(
        self, outcomes: list[Outcome], rating: float | None
    ) -> None:
        assert absentee_rating(outcomes) == (
            None if rating is None else pytest.approx(rating, rel=1e-12)
        )

    @given(OUTCOMES)
    def test_it_lies_between_0_and_1(self, outcomes: list[Outcome]) -> None:
        rating = absentee_rating(outcomes)
        assert rating is None or 0 <= rating <= 1

    @given(OUTCOMES, st.randoms(use_true_random=False))
    def test_it_is_the_same_bit_for_bit_in_any_order(
        self, outcomes: list[Outcome], draw: Random
    ) -> None:
        shuffled = list(outcomes)
        draw.shuffle(shuffled)
        assert absentee_rating(shuffled) == absentee_rating(outcomes)
