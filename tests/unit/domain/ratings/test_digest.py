"""Comments in a few lines: what most guests say, in their words, whatever the order."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.ratings.digest import LINES, LONGEST_LINE, LocalSummariser, digest
from domain.ratings.rules import chosen_comments

COMMENTS = [
    "The food was wonderful. I came alone and left with friends.",
    "Wonderful food! The music was too loud to talk.",
    "Loud music, but the food made up for it.",
    "My bus was late.",
]


class TestDigest:
    def test_it_quotes_what_several_guests_say(self) -> None:
        lines = digest(COMMENTS)
        assert lines[0] == "Wonderful food!"
        assert any("music" in line.casefold() for line in lines)
        assert "My bus was late." not in lines

    def test_it_says_nothing_that_nobody_said(self) -> None:
        told = " ".join(COMMENTS)
        assert all(line in told for line in digest(COMMENTS))

    @given(st.lists(st.text(), min_size=3, max_size=8), st.integers())
    def test_the_order_of_comments_means_nothing(self, comments: list[str], seed: int) -> None:
        lines = digest(comments)
        assert digest(Random(seed).sample(comments, len(comments))) == lines
        assert len(lines) <= LINES
        assert all(len(line) <= LONGEST_LINE for line in lines)

    def test_it_doesn_t_say_the_same_twice(self) -> None:
        lines = digest(["Great food.", "Great food!", "Great food", "The host was kind."])
        assert "The host was kind." in lines[:2]

    def test_a_sentence_without_end_is_cut_short(self) -> None:
        (line,) = digest(["word " * 100] * 3)
        assert line.endswith("...")
        assert len(line) <= LONGEST_LINE

    @pytest.mark.parametrize("sign", ["\u3002", "\uff01", "\uff1f"])
    def test_sentences_end_in_other_scripts_too(self, sign: str) -> None:
        comment = f"\u6599\u7406\u304c\u6700\u9ad8{sign}\u97f3\u697d\u3082{sign}"
        assert sorted(digest([comment])) == sorted(
            [f"\u6599\u7406\u304c\u6700\u9ad8{sign}", f"\u97f3\u697d\u3082{sign}"]
        )

    @given(st.lists(st.text(), max_size=8))
    def test_of_comments_that_are_summed_up_something_is_quoted(self, comments: list[str]) -> None:
        chosen = chosen_comments(comments)
        assert all(digest([each]) for each in chosen)
        assert bool(digest(chosen)) == bool(chosen)

    @pytest.mark.parametrize("comments", [["!", "?", "..."], []])
    def test_of_nothing_there_is_nothing(self, comments: list[str]) -> None:
        assert digest(comments) == []


class TestSummariser:
    def test_it_quotes(self) -> None:
        said = LocalSummariser().summarise(['So "good" food.', "Good food.", "Good food, all told"])
        assert said.startswith('Guests said: "')
        assert '"good"' not in said
