"""What a conversation's payloads refuse, and what they refer to."""

from typing import Any

import pytest
from pydantic import ValidationError

from domain.messaging.payloads import ConversationStarted, MessageSent
from tests.helpers.pages import an_id

ADA, BO = sorted((an_id("Ada"), an_id("Bo")))


def a_message(**said: Any) -> MessageSent:
    ids = {"message_id": an_id("message"), "conversation_id": an_id("talk"), "sender_id": ADA}
    return MessageSent.model_validate({**ids, "content": "Hello", **said})


class TestConversationStarted:
    @pytest.mark.parametrize(
        "people",
        [
            pytest.param([], id="nobody"),
            pytest.param([ADA], id="one"),
            pytest.param([ADA, ADA], id="with oneself"),
            pytest.param([ADA, ADA.upper()], id="with oneself in capitals"),
            pytest.param([ADA, BO, an_id("Dan")], id="three"),
        ],
    )
    def test_it_takes_exactly_two_different_people(self, people: list[str]) -> None:
        with pytest.raises(ValidationError):
            ConversationStarted(conversation_id=an_id("talk"), user_ids=people)

    @pytest.mark.parametrize("people", [[ADA, BO], [BO, ADA]])
    def test_the_pair_is_the_same_whoever_is_named_first(self, people: list[str]) -> None:
        started = ConversationStarted(conversation_id=an_id("talk"), user_ids=people)
        assert started.pair == (ADA, BO)
        assert sorted(started.references()) == [("user", ADA), ("user", BO)]


class TestMessageSent:
    @pytest.mark.parametrize(
        "said",
        [
            pytest.param({}, id="a text"),
            pytest.param({"type": "image", "storage_id": "kg2", "content": ""}, id="an image"),
            pytest.param({"type": "image", "storage_id": "kg2"}, id="an image with a caption"),
            pytest.param({"storage_id": None}, id="a text with no place"),
        ],
    )
    def test_it_takes(self, said: dict[str, Any]) -> None:
        assert a_message(**said).sender_id == ADA

    @pytest.mark.parametrize(
        "said",
        [
            pytest.param({"content": ""}, id="a text without words"),
            pytest.param({"type": "image"}, id="an image without a place"),
            pytest.param({"storage_id": "kg2"}, id="a text with a place"),
            pytest.param({"type": "film"}, id="another type"),
            pytest.param({"content": "a" * 20_001}, id="more than 20,000 characters"),
        ],
    )
    def test_it_refuses(self, said: dict[str, Any]) -> None:
        with pytest.raises(ValidationError):
            a_message(**said)
