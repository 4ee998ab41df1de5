"""What somebody still has to answer."""

from datetime import datetime
from typing import NamedTuple

from sqlmodel import Session

from domain.constants import PAGE_LENGTH
from domain.queries.page import SOONEST_FIRST, Page, one_more, page
from domain.sql import fetch


class OpenInvitation(NamedTuple):
    """An invitation that waits for an answer until `answer_by`; the fee is in cents."""

    invitation_id: str
    event_id: str
    title: str
    host_id: str
    starts_at: datetime
    status: str
    match_reason: str | None
    duo_id: str | None
    confirmation_fee: int
    answer_by: datetime


def open_invitations(
    session: Session,
    user_id: str,
    *,
    now: datetime,
    after: str | None = None,
    limit: int = PAGE_LENGTH,
) -> Page[OpenInvitation]:
    """Give the invitations that somebody may still answer, the most urgent first.

    Those not paid for yet, and seats that a material change has put in question. Index:
    invitations_open_idx, which holds nothing else. Cost: what is open, however much was answered.
    """
    answer_by, invitation = SOONEST_FIRST.after(after)
    rows = fetch(
        session,
        """
        SELECT invited.id, invited.event_id, events.title, events.host_id, events.starts_at,
            invited.status, invited.match_reason, invited.duo_id, events.confirmation_fee,
            deadline.answer_by
        FROM invitations AS invited
        CROSS JOIN LATERAL (SELECT CASE invited.status WHEN 'pending_reconfirmation'
            THEN invited.reconfirm_by ELSE invited.expires_at END AS answer_by) AS deadline
        JOIN events ON events.id = invited.event_id
        WHERE invited.user_id = %(user)s
            AND invited.status IN ('sent', 'payment_failed', 'pending_reconfirmation')
            AND deadline.answer_by >= %(now)s
            AND (deadline.answer_by, invited.id)
            > (%(answer_by)s::timestamptz, %(invitation)s::uuid)
        ORDER BY deadline.answer_by, invited.id LIMIT %(limit)s
        """,
        user=user_id,
        now=now,
        answer_by=answer_by,
        invitation=invitation,
        limit=one_more(limit),
    )
    invitations = map(OpenInvitation._make, rows)
    return page(invitations, limit, key=lambda each: (each.answer_by, each.invitation_id))
