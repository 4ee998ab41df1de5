"""Applies questions to Momento's own people: facts are kept, tickets are folded from them."""

from datetime import datetime

from sqlmodel import Session

from domain.batch import Batch, Effects
from domain.facts import keep, load
from domain.sql import fetch, insert_missing, update_rows
from domain.support.payloads import SupportTicketOpened, SupportTicketUpdated
from domain.support.rules import settle_ticket
from domain.things import Hold, lock
from domain.verdict import Accepted, Rejected, Verdict


def apply_support_ticket_opened(
    session: Session, batch: Batch[SupportTicketOpened], now: datetime
) -> Effects:
    """Make tickets; a row that an API service has written itself is found."""
    del now
    _make_rows(session, batch)
    lock(session, "ticket", (each.payload.ticket_id for each in batch), Hold.CHANGE)
    effects = Effects(_taken(session, batch))
    _keep_and_settle(session, batch.without(effects.verdicts), effects=effects)
    return effects


def apply_support_ticket_updated(
    session: Session, batch: Batch[SupportTicketUpdated], now: datetime
) -> Effects:
    """Say how far tickets have got, each by its newest word."""
    del now
    effects = Effects()
    _keep_and_settle(session, batch, effects=effects)
    return effects


def _make_rows(session: Session, batch: Batch[SupportTicketOpened]) -> None:
    """Insert tickets that aren't there yet; those opened earlier get the lower numbers."""
    insert_missing(
        session,
        "support_tickets",
        [
            {
                "id": each.payload.ticket_id,
                **each.payload.model_dump(exclude={"ticket_id"}),
                "status": "new",
            }
            for each in sorted(batch, key=lambda each: each.stamp.order)
        ],
    )


def _taken(session: Session, batch: Batch[SupportTicketOpened]) -> dict[int, Verdict]:
    """Refuse tickets whose id somebody else's has."""
    submitters = dict(
        fetch(
            session,
            "SELECT id, submitter_id FROM support_tickets WHERE id = ANY(%(ids)s)",
            ids=[each.payload.ticket_id for each in batch],
        )
    )
    return {
        each.seq: Rejected("id_taken", "somebody else's ticket has this ticket_id")
        for each in batch
        if submitters[each.payload.ticket_id] != each.payload.submitter_id
    }


def _keep_and_settle(
    session: Session,
    batch: Batch[SupportTicketOpened] | Batch[SupportTicketUpdated],
    *,
    effects: Effects,
) -> None:
    """Keep what was said about locked tickets and write what follows from all that was said."""
    keep(session, "ticket_facts", "ticket_id", batch)
    facts = load(session, "ticket_facts", "ticket_id", (each.payload.ticket_id for each in batch))
    tickets = {ticket: settle_ticket(said) for ticket, said in sorted(facts.items())}
    update_rows(
        session,
        "support_tickets",
        "id",
        [{"id": ticket, "status": settled.status} for ticket, settled in tickets.items()],
    )
    update_rows(
        session,
        "support_tickets",
        "id",
        [
            {"id": ticket, **settled.content}
            for ticket, settled in tickets.items()
            if settled.content is not None
        ],
    )
    for each in batch:
        note = tickets[each.payload.ticket_id].notes.get(each.stamp)
        if note is not None:
            effects.verdicts[each.seq] = Accepted(note)
