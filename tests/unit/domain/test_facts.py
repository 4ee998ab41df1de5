"""Newest wins, field by field, in the order of (time, id, source)."""

from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.facts import NewestWins
from domain.payload import Stamp
from tests.factories.facts import HOUR, START, a_fact, a_stamp

STAMPS = st.builds(
    Stamp,
    st.sampled_from([START, START + HOUR]),
    st.sampled_from(["a", "B", "é"]),
    st.sampled_from(["/api", "/web"]),
)
SAID = st.dictionaries(
    STAMPS, st.dictionaries(st.sampled_from("xyz"), st.none() | st.integers()), max_size=12
)


def newest(*said: tuple[Stamp, dict[str, Any]]) -> dict[str, Any]:
    fields = NewestWins()
    for stamp, values in said:
        fields.offer(stamp, values)
    return fields.values


class TestNewestWins:
    @pytest.mark.parametrize(
        ("older", "newer"),
        [
            pytest.param(a_stamp(START), a_stamp(START + HOUR), id="by time"),
            pytest.param(a_stamp(id_="a"), a_stamp(id_="b"), id="of one time by id"),
            pytest.param(a_stamp(id_="B"), a_stamp(id_="a"), id="ids by their bytes"),
            pytest.param(a_stamp(id_="z"), a_stamp(id_="é"), id="ids by their bytes in UTF-8"),
            pytest.param(
                a_stamp(source="/api"), a_stamp(source="/web"), id="of one time and id by source"
            ),
            pytest.param(
                a_stamp(START, id_="z"), a_stamp(START + HOUR, id_="a"), id="time before id"
            ),
        ],
    )
    def test_the_newer_word_stands_whichever_is_heard_first(
        self, older: Stamp, newer: Stamp
    ) -> None:
        assert newest((older, {"x": 1}), (newer, {"x": 2})) == {"x": 2}
        assert newest((newer, {"x": 2}), (older, {"x": 1})) == {"x": 2}

    def test_each_field_keeps_its_own_newest_word(self) -> None:
        first, second = a_stamp(START), a_stamp(START + HOUR)
        assert newest((first, {"x": 1, "y": 1}), (second, {"y": 2})) == {"x": 1, "y": 2}

    def test_null_is_a_word_too_and_clears(self) -> None:
        first, second = a_stamp(START), a_stamp(START + HOUR)
        assert newest((second, {"x": None}), (first, {"x": 1})) == {"x": None}

    def test_what_a_thing_was_made_with_comes_before_all_else(self) -> None:
        fields = NewestWins()
        fields.offer(a_stamp(START - HOUR), {"x": 2})
        fields.begin({"x": 1, "y": 1})
        assert fields.values == {"x": 2, "y": 1}

    def test_an_offer_says_whether_anything_was_new(self) -> None:
        fields = NewestWins()
        assert fields.offer(a_stamp(START + HOUR), {"x": 1})
        assert not fields.offer(a_stamp(START), {"x": 2})

    @pytest.mark.parametrize(
        ("older", "newer", "notes"),
        [
            pytest.param({"x": 1}, {"x": 2}, ("newer_stands", None), id="of its only field"),
            pytest.param({"x": 1, "y": 1}, {"x": 2}, (None, None), id="of one of two"),
            pytest.param({"x": 1, "y": 1}, {"x": 2, "y": 2}, ("newer_stands", None), id="of both"),
            pytest.param({"x": 1}, {"x": 1}, ("newer_stands", None), id="of the same word"),
            pytest.param({"x": 1}, {}, (None, "nothing_said"), id="of nothing"),
        ],
    )
    def test_a_note_says_which_word_no_longer_stands(
        self, older: dict[str, Any], newer: dict[str, Any], notes: tuple[str | None, ...]
    ) -> None:
        facts = [
            a_fact("x.updated", time, x_id="it", **said)
            for time, said in ((START, older), (START + HOUR, newer))
        ]
        fields = NewestWins()
        for fact, said in zip(facts, (older, newer), strict=True):
            fields.offer(fact.stamp, said)
        assert tuple(map(fields.note, facts)) == notes

    @given(SAID, st.randoms(use_true_random=False))
    def test_the_order_of_arrival_has_no_meaning(
        self, said: dict[Stamp, dict[str, Any]], draw: Random
    ) -> None:
        shuffled = list(said.items())
        draw.shuffle(shuffled)
        assert newest(*shuffled) == newest(*sorted(said.items(), key=lambda each: each[0].order))
