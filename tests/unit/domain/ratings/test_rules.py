"""Rules, "Ratings and event summary"."""

from datetime import datetime

import pytest

from domain.facts import Fact
from domain.ratings.rules import Standing, Tally, Window, settle_rating, summarise, tally
from tests.factories.facts import DAY, END, HOUR, INSTANT, START, a_fact, in_order

WINDOW = Window(START, END, cancelled=False)
CLOSES = END + 14 * DAY


def rating(time: datetime, *, id_: str = "m", host: int = 5, event: int = 4) -> Fact:
    return a_fact(
        "rating.submitted", time, id_=id_, host_rating_value=host, event_rating_value=event
    )


class TestSettleRating:
    @pytest.mark.parametrize(
        ("times", "stands", "why_not"),
        [
            pytest.param([START - INSTANT], START - INSTANT, "outside_window", id="too early"),
            pytest.param([START], START, None, id="at the start"),
            pytest.param([CLOSES], CLOSES, None, id="14 days after the end"),
            pytest.param([CLOSES + INSTANT], CLOSES + INSTANT, "outside_window", id="too late"),
            pytest.param([END, END + DAY], END + DAY, None, id="the newest in the window"),
            pytest.param([END, CLOSES + DAY], END, None, id="one after doesn't take its place"),
            pytest.param(
                [START - HOUR, CLOSES + DAY],
                CLOSES + DAY,
                "outside_window",
                id="if none is inside, the newest",
            ),
        ],
    )
    def test_the_newest_in_the_window_stands(
        self, times: list[datetime], stands: datetime, why_not: str | None
    ) -> None:
        said = in_order([rating(time) for time in times])
        standing = settle_rating(said, WINDOW, took_part=True, leads=False)
        assert (standing.fact.stamp.time, standing.why_not) == (stands, why_not)

    def test_of_two_at_one_time_the_later_by_id_stands(self) -> None:
        said = in_order([rating(END, id_="b", host=1), rating(END, id_="a", host=2)])
        standing = settle_rating(said, WINDOW, took_part=True, leads=False)
        assert standing.fact.data["host_rating_value"] == 1

    @pytest.mark.parametrize(
        ("cancelled", "took_part", "leads", "why_not"),
        [
            (False, True, False, None),
            (False, False, False, "not_attended"),
            (False, True, True, "host"),
            (False, False, True, "host"),
            (True, True, False, "event_cancelled"),
        ],
    )
    def test_it_counts_while_the_rater_took_part_and_neither_hosts_nor_helps_to(
        self, *, cancelled: bool, took_part: bool, leads: bool, why_not: str | None
    ) -> None:
        window = Window(START, END, cancelled)
        standing = settle_rating([rating(END)], window, took_part=took_part, leads=leads)
        assert standing.why_not == why_not


class TestSummary:
    def test_averages_are_those_of_the_counting_ratings(self) -> None:
        counting = [Standing(rating(END, host=5, event=4), None)]
        counting.append(Standing(rating(END, host=4, event=1), None))
        tallied = tally(counting)
        assert tallied == Tally(2, 9, 5)
        assert summarise(tallied, 7, None) == {
            "final_headcount": 7,
            "host_rating_avg": 4.5,
            "event_rating_avg": 2.5,
            "rating_count": 2,
            "feedback_summary_ai": None,
        }

    def test_with_no_rating_averages_are_null(self) -> None:
        assert summarise(tally([]), 3, None) == {
            "final_headcount": 3,
            "host_rating_avg": None,
            "event_rating_avg": None,
            "rating_count": 0,
            "feedback_summary_ai": None,
        }

    def test_what_a_summariser_wrote_is_kept(self) -> None:
        assert summarise(Tally(), 0, "All was well")["feedback_summary_ai"] == "All was well"
