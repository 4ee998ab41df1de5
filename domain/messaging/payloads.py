"""What a domain event about a conversation carries."""

from collections.abc import Iterable
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from domain.payload import ConversationId, Id, Name, Payload, UserId
from domain.personal import PrivateText
from domain.tables.messaging import MessageType


def _two_different(people: list[str]) -> list[str]:
    """Refuse a conversation with oneself."""
    if len(set(people)) != len(people):
        message = "must be two different people"
        raise ValueError(message)
    return people


Pair = Annotated[
    list[UserId],
    Field(min_length=2, max_length=2, json_schema_extra={"uniqueItems": True}),
    AfterValidator(_two_different),
]
# An image may come without a word.
Content = Annotated[str, Field(max_length=20_000)]


class ConversationStarted(Payload, name="conversation.started", creates="conversation"):
    """Two people who met want to talk."""

    conversation_id: ConversationId
    user_ids: Pair

    @property
    def pair(self) -> tuple[str, str]:
        """The two, the smaller id first."""
        low, high = sorted(self.user_ids)
        return low, high

    def references(self) -> Iterable[tuple[str, str]]:
        """Add the two people."""
        return [*super().references(), *(("user", person) for person in self.user_ids)]


class MessageSent(Payload, name="message.sent", person="sender_id"):
    """Somebody said something to the other."""

    message_id: Id
    conversation_id: ConversationId
    sender_id: UserId
    content: PrivateText[Content]
    type: MessageType = MessageType.TEXT
    # Where the image lies in the store.
    storage_id: PrivateText[Name | None] = None

    @model_validator(mode="after")
    def says_something(self) -> Self:
        """Refuse a text without words, and an image without a place, or a place without image."""
        is_image = self.type is MessageType.IMAGE
        if is_image != (self.storage_id is not None):
            message = "an image needs a storage_id, and nothing else has one"
            raise ValueError(message)
        if not is_image and not self.content:
            message = "a text needs content"
            raise ValueError(message)
        return self
