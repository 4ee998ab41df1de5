"""Rules, "Ratings and event summary"."""

from datetime import datetime

import pytest

from domain.constants import COMMENT_LIMIT_CHARACTERS, MOST_COMMENTS
from domain.facts import Fact
from domain.ratings.rules import (
    Standing,
    Tally,
    Window,
    chosen_comments,
    comments_hash,
    settle_rating,
    summarise,
    tally,
    wanted_summary,
)
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


class TestComments:
    """Rules, "Ratings": a summary from three comments on, of counting ratings, once completed."""

    def test_they_are_trimmed_sorted_and_bounded(self) -> None:
        long = "x" * (COMMENT_LIMIT_CHARACTERS + 1)
        assert chosen_comments([" b ", None, "a", "  ", long]) == ["a", "b", long[:-1]]

    def test_of_very_many_the_same_are_chosen_whatever_the_order(self) -> None:
        comments: list[str | None] = [f"comment {number}" for number in range(3 * MOST_COMMENTS)]
        chosen = chosen_comments(comments)
        assert len(chosen) == MOST_COMMENTS
        assert chosen_comments(comments[::-1]) == chosen

    @pytest.mark.parametrize(
        ("comments", "completed", "is_wanted"),
        [
            (["a", "b", "c"], True, True),
            (["a", "a", "a"], True, True),
            (["a", "b"], True, False),
            (["a", "b", " "], True, False),
            (["a", "b", None], True, False),
            (["a", "b", "c"], False, False),
        ],
    )
    def test_a_summary_is_wanted(
        self, *, comments: list[str | None], completed: bool, is_wanted: bool
    ) -> None:
        counting = [
            Standing(a_fact("rating.submitted", START, comment=comment), None)
            for comment in comments
        ]
        assert (wanted_summary(counting, completed=completed) is not None) == is_wanted

    def test_other_comments_have_another_hash(self) -> None:
        assert comments_hash(["a", "b"]) != comments_hash(["a, b"])
