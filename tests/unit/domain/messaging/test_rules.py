"""Rules, "Conversations, posts, photos": who may talk to whom."""

import pytest

from domain.messaging.rules import judge_identity, judge_message, judge_start
from domain.verdict import Deferred, Rejected

ADA_BO, ADA_DAN = ("ada", "bo"), ("ada", "dan")


class TestJudgeStart:
    @pytest.mark.parametrize(
        ("met", "blocked", "verdict", "reason"),
        [
            pytest.param(True, False, None, None, id="they came to the same event"),
            pytest.param(False, False, Deferred, None, id="not yet"),
            pytest.param(True, True, Rejected, "blocked", id="across a block"),
            pytest.param(False, True, Rejected, "blocked", id="not yet, and across a block"),
        ],
    )
    def test_it_needs_two_who_came_to_the_same_event(
        self, verdict: type | None, reason: str | None, *, met: bool, blocked: bool
    ) -> None:
        found = judge_start(blocked=blocked, met=met, awaits="met:ada:bo")
        assert found is None if verdict is None else isinstance(found, verdict)
        assert getattr(found, "reason", None) == reason

    def test_who_waits_in_vain_is_rejected(self) -> None:
        found = judge_start(blocked=False, met=False, awaits="met:ada:bo")
        assert isinstance(found, Deferred)
        assert found.awaits == "met:ada:bo"
        assert found.otherwise is not None
        assert found.otherwise.reason == "not_attended"


class TestJudgeIdentity:
    @pytest.mark.parametrize(
        ("known", "reason"),
        [
            pytest.param({}, None, id="neither the id nor the pair is known"),
            pytest.param({"one": ADA_BO}, None, id="it was begun before"),
            pytest.param({"two": ADA_BO}, "already_started", id="the pair has another"),
            pytest.param({"one": ADA_DAN}, "id_taken", id="others have this id"),
            pytest.param({"one": ADA_DAN, "two": ADA_BO}, "id_taken", id="both"),
            pytest.param({"two": ADA_DAN}, None, id="others have another"),
        ],
    )
    def test_one_conversation_for_a_pair(
        self, known: dict[str, tuple[str, str]], reason: str | None
    ) -> None:
        by_pair = {pair: conversation for conversation, pair in known.items()}
        found = judge_identity("one", ADA_BO, by_id=known, by_pair=by_pair)
        assert (found.reason if found else None) == reason


class TestJudgeMessage:
    @pytest.mark.parametrize(
        ("sender", "blocked", "reason"),
        [
            pytest.param("ada", False, None, id="of one"),
            pytest.param("bo", False, None, id="of the other"),
            pytest.param("dan", False, "not_a_participant", id="of a stranger"),
            pytest.param("ada", True, "blocked", id="across a block"),
            pytest.param("dan", True, "not_a_participant", id="of a stranger across a block"),
        ],
    )
    def test_only_participants_speak_and_not_across_a_block(
        self, sender: str, reason: str | None, *, blocked: bool
    ) -> None:
        found = judge_message(sender, ADA_BO, blocked=blocked)
        assert (found.reason if found else None) == reason
