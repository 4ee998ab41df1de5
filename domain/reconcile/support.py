"""Support: how far each ticket has got, from what was said about it."""

from domain.reconcile.check import Check

CHECKS = (
    Check(
        "support_tickets.status",
        "the newest that was said; new until then",
        """
        WITH newest AS (
            SELECT DISTINCT ON (ticket_id) ticket_id, data->>'status' AS status
            FROM ticket_facts WHERE kind = 'support_ticket.updated'
            ORDER BY ticket_id, time DESC, id COLLATE "C" DESC, source COLLATE "C" DESC
        )
        SELECT ticket.id::text AS key,
            ticket.status <> coalesce(newest.status, 'new') AS drifted
        FROM support_tickets AS ticket LEFT JOIN newest ON newest.ticket_id = ticket.id
        """,
    ),
)
