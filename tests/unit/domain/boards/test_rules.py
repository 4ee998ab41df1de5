"""Rules, "Conversations, posts, photos": who may post and show photos, and which are seen."""

from datetime import datetime
from itertools import permutations

import pytest

from domain.boards.rules import Part, judge_moderation, judge_photo, judge_post, settle_photo
from tests.factories.facts import DAY, START, a_fact

HOST = Part(hosts=True)
CONFIRMED = Part(has_seat=True)
CAME = Part(has_seat=True, came=True)
STRANGER = Part()


class TestJudge:
    @pytest.mark.parametrize(
        ("part", "may_post", "may_show"),
        [
            pytest.param(HOST, True, True, id="the host"),
            pytest.param(CONFIRMED, True, False, id="with a seat"),
            pytest.param(CAME, True, True, id="attended or late"),
            pytest.param(STRANGER, False, False, id="neither"),
        ],
    )
    def test_who_may(self, part: Part, *, may_post: bool, may_show: bool) -> None:
        assert (judge_post(part, awaits="seat") is None) == may_post
        assert (judge_photo(part, awaits="present") is None) == may_show

    def test_others_wait_for_that_and_are_rejected_when_it_never_comes(self) -> None:
        post, photo = judge_post(STRANGER, awaits="seat"), judge_photo(CONFIRMED, awaits="present")
        assert post is not None
        assert photo is not None
        assert post.otherwise is not None
        assert photo.otherwise is not None
        assert (post.awaits, post.otherwise.reason) == ("seat", "no_seat")
        assert (photo.awaits, photo.otherwise.reason) == ("present", "not_attended")

    @pytest.mark.parametrize(("moderator", "reason"), [("hanna", None), ("ada", "not_the_host")])
    def test_only_the_host_moderates(self, moderator: str, reason: str | None) -> None:
        found = judge_moderation(moderator, "hanna")
        assert (found.reason if found else None) == reason


class TestSettlePhoto:
    def test_it_is_visible_until_somebody_decides(self) -> None:
        assert settle_photo([]) == "visible"

    @pytest.mark.parametrize(
        ("moments", "newest"),
        [
            pytest.param([START, START + DAY], "pending_review", id="the later"),
            pytest.param([START, START], "pending_review", id="of one moment the greater id"),
            pytest.param([START + DAY, START], "hidden_by_host", id="also when heard of first"),
        ],
    )
    def test_the_newest_decision_stands(self, moments: list[datetime], newest: str) -> None:
        said = [
            a_fact("event_photo.moderated", moments[0], id_="a", status="hidden_by_host"),
            a_fact("event_photo.moderated", moments[1], id_="b", status="pending_review"),
        ]
        for order in permutations(said):
            assert settle_photo(order) == newest
