"""What a domain event about a question to Momento's own people carries."""

from typing import Annotated

from pydantic import AfterValidator, Field, JsonValue
from pydantic_core import to_json

from domain.constants import ERASED_EMAIL, TICKET_METADATA_LIMIT_BYTES
from domain.payload import Id, Name, Payload, Text, TicketId, UserId
from domain.personal import Personal, Private, PrivateText
from domain.tables.support import TicketStatus
from domain.users.payloads import Email


def _short_enough(metadata: dict[str, JsonValue]) -> dict[str, JsonValue]:
    """Refuse diagnostics that outgrow what they are for."""
    if len(to_json(metadata)) > TICKET_METADATA_LIMIT_BYTES:
        message = f"metadata is longer than {TICKET_METADATA_LIMIT_BYTES} bytes of JSON"
        raise ValueError(message)
    return metadata


Diagnostics = Annotated[dict[Name, JsonValue], Field(max_length=100), AfterValidator(_short_enough)]


class SupportTicketOpened(
    Payload, name="support_ticket.opened", creates="ticket", person="submitter_id"
):
    """Somebody asks for help; what it is about need not be known to Momento."""

    ticket_id: TicketId
    submitter_id: UserId
    reply_to_email: Annotated[Email, Personal(ERASED_EMAIL)]
    category: Name
    body: PrivateText[Text]
    associated_event_id: Id | None = None
    associated_payment_id: Id | None = None
    metadata: Private[Diagnostics | None] = None


class SupportTicketUpdated(Payload, name="support_ticket.updated"):
    """Momento's own people answered, or are about to."""

    ticket_id: TicketId
    status: TicketStatus
