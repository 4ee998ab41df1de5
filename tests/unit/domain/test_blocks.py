"""Rules, "Safety": a block stands from its time until a newer user.unblocked."""

from collections.abc import Sequence
from datetime import datetime
from itertools import permutations

import pytest

from domain.blocks import Blocks, Span, Word, has_effect, spans
from tests.factories.facts import DAY, HOUR, INSTANT, START, a_stamp

LATER = START + DAY


def blocked(time: datetime = START, id_: str = "m") -> Word:
    return Word(a_stamp(time, id_), blocks=True)


def ended(time: datetime = LATER, id_: str = "m") -> Word:
    return Word(a_stamp(time, id_), blocks=False)


class TestSpans:
    @pytest.mark.parametrize(
        ("words", "expected"),
        [
            pytest.param([], [], id="nothing said"),
            pytest.param([blocked()], [(START, None)], id="blocked"),
            pytest.param([blocked(), ended()], [(START, LATER)], id="blocked and unblocked"),
            pytest.param([ended()], [], id="unblocked without a block"),
            pytest.param([ended(START - DAY), blocked()], [(START, None)], id="ended before"),
            pytest.param(
                [blocked(), blocked(START + HOUR)], [(START, None)], id="blocked twice: the first"
            ),
            pytest.param(
                [blocked(), ended(), ended(LATER + HOUR)],
                [(START, LATER)],
                id="unblocked twice: the first",
            ),
            pytest.param(
                [blocked(), ended(), blocked(LATER + DAY)],
                [(START, LATER), (LATER + DAY, None)],
                id="blocked again",
            ),
            pytest.param(
                [blocked(id_="a"), ended(START, id_="b")], [(START, START)], id="ended at once"
            ),
            pytest.param(
                [ended(START, id_="a"), blocked(id_="b")], [(START, None)], id="of one time by id"
            ),
        ],
    )
    def test_they_follow_from_what_was_said_in_any_order(
        self, words: Sequence[Word], expected: list[tuple[datetime, datetime | None]]
    ) -> None:
        for order in permutations(words):
            assert spans(order) == [Span(*each) for each in expected]


class TestStood:
    @pytest.mark.parametrize(
        ("moment", "stood"),
        [
            pytest.param(START - INSTANT, False, id="before"),
            pytest.param(START, True, id="from its time"),
            pytest.param(LATER - INSTANT, True, id="until"),
            pytest.param(LATER, False, id="the newer word"),
            pytest.param(LATER + DAY, True, id="again"),
        ],
    )
    def test_a_block_parts_both(self, moment: datetime, *, stood: bool) -> None:
        said = spans([blocked(), ended(), blocked(LATER + DAY)])
        blocks = Blocks({("ada", "bo"): said})
        assert blocks.stood("ada", "bo", at=moment) is stood
        assert blocks.stood("bo", "ada", at=moment) is stood
        both = {("ada", "bo"), ("bo", "ada")}
        assert blocks.standing(moment, {"ada", "bo", "dan"}) == (both if stood else set())

    def test_it_parts_nobody_else(self) -> None:
        blocks = Blocks({("ada", "bo"): spans([blocked()])})
        assert not blocks.stood("ada", "dan", at=LATER)
        assert blocks.standing(LATER, {"ada", "dan"}) == set()

    def test_one_who_ends_theirs_does_not_end_the_others(self) -> None:
        blocks = Blocks(
            {("ada", "bo"): spans([blocked(), ended()]), ("bo", "ada"): [Span(START, None)]}
        )
        assert blocks.stood("ada", "bo", at=LATER)

    def test_without_any_there_is_nothing_to_ask(self) -> None:
        assert not Blocks({})
        assert Blocks({("ada", "bo"): spans([blocked()])})


class TestHasEffect:
    @pytest.mark.parametrize(
        ("words", "word", "effect"),
        [
            pytest.param([], blocked(), True, id="the first block"),
            pytest.param([blocked(START - DAY)], blocked(), False, id="blocked already"),
            pytest.param([blocked(START + DAY)], blocked(), True, id="an earlier block"),
            pytest.param([], ended(), False, id="nothing to end"),
            pytest.param([blocked()], ended(), True, id="the end of a block"),
            pytest.param([blocked(), ended(START + HOUR)], ended(), False, id="ended already"),
        ],
    )
    def test_it_is_judged_at_its_place_in_the_order(
        self, words: list[Word], word: Word, *, effect: bool
    ) -> None:
        assert has_effect(word, [*words, word]) is effect
