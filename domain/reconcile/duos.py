"""Duos: where each stands, who is in it, and that nobody is in two open ones."""

from domain.reconcile.attendance import ATTENDANCE
from domain.reconcile.check import Check

# Duos as they were proposed, with whatever may have ended each; the first of that did.
ENDED = """
asked AS MATERIALIZED (
    SELECT DISTINCT ON (duo_id) duo_id, time AS opened_at,
        coalesce((data->>'expires_at')::timestamptz, time + interval '168 hours') AS expires_at,
        (data->>'initiator_id')::uuid AS initiator_id, (data->>'partner_id')::uuid AS partner_id
    FROM duo_facts WHERE kind = 'duo.proposed'
    ORDER BY duo_id, time, id COLLATE "C", source COLLATE "C"
), across AS (
    SELECT asked.duo_id, asked.opened_at, said.blocker_id, said.at, said.id, said.source,
        said.blocks
    FROM asked JOIN block_facts AS said ON (said.blocker_id, said.blocked_id)
        IN ((initiator_id, partner_id), (partner_id, initiator_id))
), standing AS (
    SELECT DISTINCT ON (duo_id, blocker_id) * FROM across WHERE at <= opened_at
    ORDER BY duo_id, blocker_id, at DESC, id COLLATE "C" DESC, source COLLATE "C" DESC
), possible_end AS (
    SELECT duo_id, time, id, source, substr(kind, 5) AS status
    FROM duo_facts JOIN asked USING (duo_id)
    WHERE kind = 'duo.declined' OR kind = 'duo.expired' AND time >= expires_at
    UNION ALL
    SELECT duo_id, at, id, source, 'expired' FROM across WHERE blocks AND at > opened_at
    UNION ALL
    SELECT duo_id, opened_at, '', '', 'expired' FROM standing WHERE blocks
    UNION ALL
    SELECT duo_id, gone.time, '', '', 'expired'
    FROM asked JOIN user_facts AS gone ON gone.user_id IN (initiator_id, partner_id)
    WHERE gone.kind = 'user.deleted'
), ending AS MATERIALIZED (
    SELECT DISTINCT ON (duo_id) * FROM possible_end
    ORDER BY duo_id, time, id COLLATE "C", source COLLATE "C"
), sent AS (
    SELECT DISTINCT ON (invitation_id) invitation_id, (data->>'duo_id')::uuid AS duo_id
    FROM invitation_facts WHERE kind = 'invitation.sent'
    ORDER BY invitation_id, time, id COLLATE "C", source COLLATE "C"
)
"""

# Where each stands: completed if it was active when something started to which both came with it,
# else as it ended, else as it was answered. Brings `ending` and `gathering` along.
STANDING = f"""
{ATTENDANCE.strip()}, {ENDED.strip()}, agreement AS MATERIALIZED (
    SELECT duo_id, greatest(opened_at, min(said.time)) AS since
    FROM asked JOIN duo_facts AS said USING (duo_id) LEFT JOIN ending USING (duo_id)
    WHERE said.kind = 'duo.accepted' AND said.time <= expires_at
        AND (ending.duo_id IS NULL OR (said.time, said.id COLLATE "C", said.source COLLATE "C")
            < (ending.time, ending.id COLLATE "C", ending.source COLLATE "C"))
    GROUP BY duo_id, opened_at
), together AS (
    SELECT duo_id, gathering.completed_at
    FROM asked JOIN agreement USING (duo_id) LEFT JOIN ending USING (duo_id)
    JOIN sent USING (duo_id)
    JOIN presence ON presence.id = sent.invitation_id
        AND presence.user_id IN (initiator_id, partner_id)
    JOIN gathering ON gathering.event_id = presence.event_id
    WHERE presence.status IN ('attended', 'late') AND gathering.completed_at IS NOT NULL
        AND gathering.starts_at > since AND gathering.starts_at <= least(ending.time, expires_at)
    GROUP BY duo_id, gathering.event_id, gathering.completed_at
    HAVING count(*) = 2
), fulfilment AS (
    SELECT duo_id, min(completed_at) AS completed_at FROM together GROUP BY duo_id
), pact AS (
    SELECT asked.*, CASE WHEN completed_at IS NOT NULL THEN 'completed'
            WHEN ending.status IS NOT NULL THEN ending.status
            WHEN since IS NOT NULL THEN 'active' ELSE 'pending' END AS status,
        greatest(opened_at, least(expires_at, ending.time, completed_at)) AS open_until
    FROM asked LEFT JOIN agreement USING (duo_id) LEFT JOIN ending USING (duo_id)
    LEFT JOIN fulfilment USING (duo_id)
)
"""

CHECKS = (
    Check(
        "duos.status",
        "completed, else as it ended first, else as it was answered; and when it is or was open",
        f"""
        WITH {STANDING}
        SELECT duos.id::text AS key, (duos.status, duos.expires_at, duos.opened_at,
                duos.open_until)
            IS DISTINCT FROM (pact.status, pact.expires_at, pact.opened_at, pact.open_until)
            AS drifted
        FROM duos LEFT JOIN pact ON pact.duo_id = duos.id
        """,
    ),
    Check(
        "duos.participants",
        "who asked, and who was asked",
        f"""
        WITH {ENDED}, member AS (
            SELECT duo_id, initiator_id AS user_id, 'initiator' AS role FROM asked
            UNION ALL SELECT duo_id, partner_id, 'participant' FROM asked
        )
        SELECT duo_id::text AS key, member.role IS DISTINCT FROM kept.role AS drifted
        FROM member FULL JOIN duo_participants AS kept USING (duo_id, user_id)
        """,
    ),
    # A completion or a block may be taken back after another duo was made on the strength of it:
    # which came first is decided once. Two that such a thing told of explains are no drift.
    Check(
        "duos.one_at_a_time",
        "nobody is in two that are open at one moment",
        f"""
        WITH {ENDED}, told AS (
            SELECT sent.duo_id, fact.time
            FROM sent JOIN invitations AS invited ON invited.id = sent.invitation_id
            JOIN event_facts AS fact ON fact.event_id = invited.event_id
            WHERE fact.kind = 'event.completed'
            UNION ALL SELECT duo_id, at FROM across WHERE blocks
            UNION ALL SELECT duo_id, time FROM ending
        ), engaged AS MATERIALIZED (
            SELECT duo_id, unnest(ARRAY[initiator_id, partner_id]) AS user_id,
                tstzrange(opened_at, greatest(opened_at, least(expires_at, min(told.time))))
                    AS span
            FROM asked LEFT JOIN told USING (duo_id)
            GROUP BY duo_id, initiator_id, partner_id, opened_at, expires_at
        )
        SELECT user_id::text AS key, EXISTS (
            SELECT FROM engaged AS other WHERE other.user_id = one.user_id
                AND other.duo_id <> one.duo_id AND other.span && one.span) AS drifted
        FROM engaged AS one
        """,
    ),
    Check(
        "invitations.duo_id",
        "with which duo somebody was invited, as the earliest word has it",
        f"""
        WITH {ENDED}
        SELECT invited.id::text AS key, invited.duo_id IS DISTINCT FROM sent.duo_id AS drifted
        FROM invitations AS invited LEFT JOIN sent ON sent.invitation_id = invited.id
        """,
    ),
)
