"""What people of the city ask Momento for, and how far the answers get."""

from collections.abc import Sequence
from datetime import timedelta
from random import Random
from typing import Final

from domain.envelope import Envelope
from domain.support.payloads import SupportTicketOpened, SupportTicketUpdated
from domain.tables.support import TicketStatus
from domain.users.payloads import UserRegistered
from tests.factories.untold.saying import say
from tests.helpers.pages import an_id

DAY: Final = timedelta(days=1)
ASKING: Final = 9


def tell(city: Sequence[Envelope], draw: Random) -> list[Envelope]:
    """Have some open tickets, one or two of them twice, about events nobody knows; and answer."""
    people = [page for page in city if page.type == UserRegistered.TYPE]
    told: list[Envelope] = []
    for place, about in enumerate(draw.sample(people, min(ASKING, len(people)))):
        ticket = an_id(f"untold ticket {about.subject}")
        opened = _a_ticket(ticket, about.subject, draw)
        at = about.time + draw.randint(1, 30) * DAY
        told.append(say(opened, at=at, name=f"ticket {place}"))
        if place % 3 == 0:
            again = opened.model_copy(update={"body": "Once more"})
            told.append(say(again, at=at + draw.choice([-DAY, DAY]), name=f"again {place}"))
        for number in range(place % 4):
            said = SupportTicketUpdated(ticket_id=ticket, status=draw.choice([*TicketStatus]))
            moment = at + draw.randint(0, 3) * DAY
            told.append(say(said, at=moment, name=f"answer {place} {number}"))
    return told


def _a_ticket(ticket: str, person: str, draw: Random) -> SupportTicketOpened:
    return SupportTicketOpened(
        ticket_id=ticket,
        submitter_id=person,
        reply_to_email="somebody@example.org",
        category=draw.choice(["technical_issue", "payment_question"]),
        body="It won't start",
        associated_event_id=draw.choice([None, an_id("untold event")]),
        associated_payment_id=draw.choice([None, an_id("untold payment")]),
        metadata=draw.choice([None, {"os": "iOS 17.1", "sizes": [1, 2.5]}]),
    )
