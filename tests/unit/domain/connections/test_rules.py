"""Rules, "Connections": who belongs into whose memory book, and what is written there."""

from datetime import datetime
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.connections.rules import (
    BLANK,
    Pair,
    judge_entry,
    settle_connections,
    settle_entry,
)
from tests.factories.facts import DAY, INSTANT, START, a_fact, a_stamp, in_order

BOTH = {("ada", "bo"), ("bo", "ada")}
ADA_OF_BO = {("ada", "bo")}


class TestSettleConnections:
    @pytest.mark.parametrize(
        ("present", "stands", "pairs"),
        [
            pytest.param(["ada", "bo"], True, BOTH, id="both directions"),
            pytest.param(["ada", "hanna"], True, set(), id="the host is not one of them"),
            pytest.param(["ada"], True, set(), id="alone"),
            pytest.param([], True, set(), id="nobody"),
            pytest.param(["ada", "bo"], False, set(), id="not completed, or cancelled"),
        ],
    )
    def test_who_met_at_a_completed_event_is_connected(
        self, present: list[str], *, stands: bool, pairs: set[Pair]
    ) -> None:
        assert settle_connections(present, "hanna", stands=stands) == pairs

    def test_nobody_is_connected_across_a_block_that_stood_at_completion(self) -> None:
        blocked = {("ada", "bo"), ("bo", "ada")}
        pairs = settle_connections(["ada", "bo", "dan"], "hanna", stands=True, blocked=blocked)
        assert pairs == {("ada", "dan"), ("dan", "ada"), ("bo", "dan"), ("dan", "bo")}

    @pytest.mark.parametrize(
        ("written", "seated", "stands", "pairs"),
        [
            pytest.param(ADA_OF_BO, ["ada", "bo"], True, ADA_OF_BO, id="one wrote of the other"),
            pytest.param(BOTH, ["ada", "bo"], True, BOTH, id="each wrote of the other"),
            pytest.param(set(), ["ada", "bo"], True, set(), id="nobody wrote"),
            pytest.param(ADA_OF_BO, ["ada"], True, set(), id="the other never got a seat"),
            pytest.param(ADA_OF_BO, ["bo"], True, set(), id="the owner never got a seat"),
            pytest.param(ADA_OF_BO, ["ada", "bo"], False, set(), id="not completed, or cancelled"),
            pytest.param({("ada", "hanna")}, ["ada"], True, set(), id="a host has no seat"),
        ],
    )
    def test_further_whom_an_owner_wrote_about_and_both_ever_got_a_seat(
        self, written: set[Pair], seated: list[str], *, stands: bool, pairs: set[Pair]
    ) -> None:
        found = settle_connections([], "hanna", stands=stands, written=written, seated=seated)
        assert found == pairs

    def test_who_met_and_wrote_is_there_once(self) -> None:
        found = settle_connections(
            ["ada", "bo"], "hanna", stands=True, written=ADA_OF_BO, seated=["ada", "bo"]
        )
        assert found == BOTH

    @given(st.sets(st.sampled_from("abcdefgh")))
    def test_everybody_is_connected_with_everybody_else(self, present: set[str]) -> None:
        pairs = settle_connections(present, "h", stands=True)
        guests = len(present - {"h"})
        assert len(pairs) == guests * (guests - 1)
        assert pairs == {(other, owner) for owner, other in pairs}


class TestJudgeEntry:
    @pytest.mark.parametrize(
        ("owner", "other", "deleted_at", "reason"),
        [
            pytest.param("ada", "bo", None, None, id="about another guest"),
            pytest.param("ada", "ada", None, "self", id="about oneself"),
            pytest.param("ada", "hanna", None, "host", id="about the host"),
            pytest.param("hanna", "ada", None, "host", id="as the host"),
            pytest.param("ada", "bo", START, None, id="at the moment of one's deletion"),
            pytest.param("ada", "bo", START - INSTANT, "user_deleted", id="after one's deletion"),
            pytest.param("ada", "bo", START + DAY, None, id="before one's deletion"),
        ],
    )
    def test_who_may_write_about_whom(
        self, owner: str, other: str, deleted_at: datetime | None, reason: str | None
    ) -> None:
        refusal = judge_entry(owner, other, host="hanna", time=START, deleted_at=deleted_at)
        assert (refusal.reason if refusal else None) == reason


def written(time: datetime, id_: str, **said: Any) -> Any:
    return a_fact("connection.updated", time, id_=id_, **said)


class TestSettleEntry:
    def test_without_a_word_it_is_blank(self) -> None:
        assert settle_entry([]).fields == BLANK

    def test_each_field_stands_as_it_was_said_last(self) -> None:
        said = [
            written(START, "a", is_favorite=True, private_notes="soup"),
            written(START + DAY, "b", private_notes="jazz"),
            written(START + 2 * DAY, "c", wants_to_connect_again=True),
        ]
        for order in permutations(said):
            assert settle_entry(in_order(order)).fields == {
                **BLANK,
                "is_favorite": True,
                "private_notes": "jazz",
                "wants_to_connect_again": True,
            }

    @pytest.mark.parametrize("field", BLANK)
    def test_null_clears(self, field: str) -> None:
        said = [written(START, "a", **{field: True}), written(START, "b", **{field: None})]
        assert settle_entry(said).fields == BLANK

    def test_whose_words_stand_is_known(self) -> None:
        said = [
            written(START, "a", is_favorite=True),
            written(START, "b", is_favorite=False, private_notes="soup"),
            written(START, "c"),
        ]
        assert settle_entry(said).authors == {a_stamp(START, "b")}
