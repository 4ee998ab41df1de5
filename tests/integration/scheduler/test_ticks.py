"""G14: two schedulers, one that fires twice, or one that slept, have the effect of one on time."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from itertools import pairwise
from threading import Barrier

import pytest
from sqlalchemy import Engine
from sqlmodel import Session

from domain.ticks import KEPT, planned_time, trim
from tests.helpers.scheduling import (
    DAY,
    HOUR,
    MINUTE,
    MONDAY,
    SECOND,
    AKind,
    Clock,
    Dues,
    a_ticker,
    counted,
    runs,
    ticks,
)


class TestPlannedTimes:
    @pytest.mark.parametrize(
        ("now", "every", "at", "planned"),
        [
            (MONDAY, MINUTE, timedelta(), MONDAY),
            (MONDAY + timedelta(seconds=59.9), MINUTE, timedelta(), MONDAY),
            (MONDAY, DAY, timedelta(), MONDAY - 12 * HOUR),
            (MONDAY, DAY, 9 * HOUR, MONDAY - 3 * HOUR),
            (MONDAY - 4 * HOUR, DAY, 9 * HOUR, MONDAY - 27 * HOUR),
        ],
    )
    def test_lie_on_a_grid_that_all_schedulers_share(
        self, now: datetime, every: timedelta, at: timedelta, planned: datetime
    ) -> None:
        assert planned_time(now, every, at=at) == planned


class TestTwoSchedulers:
    def test_fire_each_planned_time_once(self, engine: Engine, clock: Clock) -> None:
        """G14: as if both led, at the same moments, on connections of their own."""
        both = [a_ticker(engine, counted(engine), clock) for _ in range(2)]
        both[0].tick_entries()
        beats = 20
        gate = Barrier(2, action=lambda: clock.forward(MINUTE))

        def beat(number: int) -> None:
            for _ in range(beats):
                gate.wait(20)
                both[number].tick_entries()

        with ThreadPoolExecutor(2) as pool:
            list(pool.map(beat, range(2)))
        assert runs(engine) == beats + 1
        assert [result for _, _, result, _ in ticks(engine, "counted")] == ["done"] * (beats + 1)

    def test_publish_what_is_due_once(self, engine: Engine, dues: Dues, clock: Clock) -> None:
        """G14."""
        dues.add("a", *(MONDAY - SECOND * n for n in range(3_000)))
        both = [a_ticker(engine, dues.timetable(AKind("a")), clock) for _ in range(2)]
        gate = Barrier(2)

        def beat(number: int) -> None:
            gate.wait(20)
            both[number].tick_due()

        with ThreadPoolExecutor(2) as pool:
            list(pool.map(beat, range(2)))
        assert len(dues.told()) == 3_000
        assert ticks(engine, "a") == [(MONDAY, 3_000, "done", None)]

    def test_a_beat_too_many_does_nothing(self, engine: Engine, clock: Clock) -> None:
        """G14."""
        ticker = a_ticker(engine, counted(engine), clock)
        for _ in range(3):
            ticker.tick_entries()
        assert runs(engine) == 1

    def test_one_that_does_not_lead_does_nothing(
        self, engine: Engine, dues: Dues, clock: Clock
    ) -> None:
        dues.add("a", MONDAY)
        ticker = a_ticker(engine, dues.timetable(AKind("a")), clock, going=lambda: False)
        ticker.tick_due()
        ticker.tick_entries()
        ticker.answer()
        assert (dues.told(), ticks(engine, "a")) == ([], [])


class TestADayAsleep:
    def test_is_made_up_for_in_due_order_across_all_kinds(
        self, engine: Engine, dues: Dues, clock: Clock
    ) -> None:
        """G14: 10,000 things became due meanwhile."""
        kinds = [AKind("a"), AKind("b", MINUTE), AKind("c", HOUR)]
        ticker = a_ticker(engine, dues.timetable(*kinds), clock)
        ticker.tick_due()
        due = [MONDAY + timedelta(seconds=8.6) * n for n in range(1, 10_001)]
        for place, kind in enumerate(kinds):
            dues.add(kind.name, *due[place::3])
        clock.forward(DAY)
        ticker.tick_due()
        told = dues.told()
        assert [due_at for _, due_at in told] == due
        assert all(one[0] != other[0] for one, other in pairwise(told))
        # One run of each kind, however many it missed.
        assert [ticks(engine, kind.name)[1:] for kind in kinds] == [
            [(MONDAY + DAY, len(due[place::3]), "done", None)] for place in range(3)
        ]
        assert max(sum(page.values()) for page in dues.pages) == 1_000

    def test_is_left_between_pages_when_asked_to_stop_and_taken_up_by_the_next(
        self, engine: Engine, dues: Dues, clock: Clock
    ) -> None:
        """G7, G14."""
        dues.add("a", *(MONDAY - SECOND * n for n in range(2_500)))
        timetable = dues.timetable(AKind("a", HOUR))
        ticker = a_ticker(engine, timetable, clock, going=lambda: not dues.pages)
        ticker.tick_due()
        assert ticks(engine, "a") == [(MONDAY, 1_000, "interrupted", None)]
        a_ticker(engine, timetable, clock).tick_due()
        assert len(dues.told()) == 2_500
        assert ticks(engine, "a") == [(MONDAY, 1_500, "done", None)]


class TestTheClock:
    def test_moved_back_an_hour_does_nothing_twice(
        self, engine: Engine, dues: Dues, clock: Clock
    ) -> None:
        """G14."""
        ticker = a_ticker(engine, dues.timetable(AKind("a", MINUTE)), clock)
        dues.add("a", *(MONDAY + n * MINUTE for n in range(180)))
        for _ in range(120):
            ticker.tick_due()
            clock.forward(MINUTE)
        met = ticks(engine, "a")
        clock.forward(-HOUR)
        for _ in range(60):
            ticker.tick_due()
            clock.forward(MINUTE)
        assert ticks(engine, "a") == met
        assert len(dues.told()) == 120
        ticker.tick_due()
        assert dues.told()[120:] == [("a", MONDAY + 120 * MINUTE)]

    def test_moved_forward_a_day_and_back_does_nothing_twice(
        self, engine: Engine, dues: Dues, clock: Clock
    ) -> None:
        """G14: what was due that day was published early, by a clock that was wrong, and once."""
        ticker = a_ticker(engine, dues.timetable(AKind("a", MINUTE)), clock)
        dues.add("a", *(MONDAY + n * HOUR for n in range(48)))
        for step in (timedelta(), DAY, -DAY, MINUTE, DAY, DAY):
            clock.forward(step)
            ticker.tick_due()
        told = dues.told()
        assert told == sorted(told, key=lambda each: each[1])
        assert len(told) == len(set(told)) == 48

    def test_put_right_after_it_was_ahead_holds_up_nothing(
        self, engine: Engine, dues: Dues, clock: Clock
    ) -> None:
        ticker = a_ticker(engine, dues.timetable(AKind("a", MINUTE)), clock)
        for _ in range(60):
            clock.forward(MINUTE)
            ticker.tick_due()
        clock.forward(-HOUR)
        dues.add("a", MONDAY + MINUTE)
        clock.forward(2 * MINUTE)
        ticker.tick_due()
        assert dues.told() == [("a", MONDAY + MINUTE)]


class TestTrimming:
    def test_keeps_the_last_200_of_each_whatever_the_clock_said(
        self, engine: Engine, clock: Clock
    ) -> None:
        tickers = [a_ticker(engine, counted(engine, name), clock) for name in ("one", "other")]
        tickers[0].tick_entries()
        clock.forward(DAY)
        for _ in range(KEPT):
            tickers[0].tick_entries()
            clock.forward(-MINUTE)
        tickers[1].tick_entries()
        with Session(engine) as session, session.begin():
            assert trim(session) == 1
        kept = [planned_at for planned_at, *_ in ticks(engine, "one")]
        assert (len(kept), kept[0]) == (KEPT, MONDAY + DAY)
        assert len(ticks(engine, "other")) == 1
