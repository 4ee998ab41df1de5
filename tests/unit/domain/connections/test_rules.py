"""Rules, "Connections": who belongs into whose memory book."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.connections.rules import Pair, settle_connections


class TestSettleConnections:
    @pytest.mark.parametrize(
        ("present", "stands", "pairs"),
        [
            pytest.param(["ada", "bo"], True, {("ada", "bo"), ("bo", "ada")}, id="both directions"),
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

    @given(st.sets(st.sampled_from("abcdefgh")))
    def test_everybody_is_connected_with_everybody_else(self, present: set[str]) -> None:
        pairs = settle_connections(present, "h", stands=True)
        guests = len(present - {"h"})
        assert len(pairs) == guests * (guests - 1)
        assert pairs == {(other, owner) for owner, other in pairs}
