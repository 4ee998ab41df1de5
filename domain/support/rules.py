"""What a ticket is, given everything that was said about it. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from domain.facts import Fact
from domain.payload import Stamp
from domain.tables.support import TicketStatus

CONTENT = (
    "reply_to_email",
    "category",
    "body",
    "associated_event_id",
    "associated_payment_id",
    "metadata",
)


@dataclass(slots=True)
class Ticket:
    """A ticket as its facts make it. `notes` tell which facts had no effect, and why."""

    status: TicketStatus = TicketStatus.NEW
    # None while only an API service has written the row.
    content: Mapping[str, Any] | None = None
    notes: dict[Stamp, str] = field(default_factory=dict)


def settle_ticket(facts: Sequence[Fact]) -> Ticket:
    """Fold what was said about a ticket, in order: first what it asks, newest where it stands."""
    ticket = Ticket()
    newest: Stamp | None = None
    for fact in facts:
        match fact.kind:
            case "support_ticket.opened" if ticket.content is None:
                ticket.content = {name: fact.data.get(name) for name in CONTENT}
            case "support_ticket.opened":
                ticket.notes[fact.stamp] = "another_stands"
            case "support_ticket.updated":
                ticket.status = TicketStatus(fact.data["status"])
                if newest is not None:
                    ticket.notes[newest] = "another_stands"
                newest = fact.stamp
    return ticket
