"""Erasure: nothing readable is left of those who were deleted."""

from domain.privacy.traces import TRACES, Trace
from domain.reconcile.check import Check


def _remains(trace: Trace) -> str:
    """Select those of whom something personal is left in the rows of a trace.

    This reads the handler's own list: what it looks for was written again after it was erased.
    """
    left = " OR ".join(
        f'kept."{column}" IS NOT NULL' if erased is None else f"kept.\"{column}\" <> '{erased}'"
        for column, erased in trace.erased.items()
    )
    return f"SELECT {trace.person} FROM {trace.table} AS kept WHERE {left}"


CHECKS = (
    Check(
        "erasure.rows",
        "in rows that name somebody who was deleted nothing personal is left",
        f"""
        SELECT id::text AS key, id IN ({" UNION ALL ".join(map(_remains, TRACES))}) AS drifted
        FROM users WHERE EXISTS (SELECT FROM user_facts AS gone
            WHERE gone.user_id = users.id AND gone.kind = 'user.deleted')
        """,
    ),
    Check(
        "erasure.notifications",
        "who was deleted is told nothing; what was being written meanwhile goes within an hour",
        """
        SELECT users.id::text AS key, EXISTS (SELECT FROM notifications AS told
            WHERE told.user_id = users.id AND told.created_at < now() - interval '2 hours'
        ) AS drifted
        FROM users WHERE EXISTS (SELECT FROM user_facts AS gone
            WHERE gone.user_id = users.id AND gone.kind = 'user.deleted')
        """,
    ),
    Check(
        "erasure",
        "whoever was deleted has no key and no profile, and no contact data in account or facts",
        """
        SELECT users.id::text AS key,
            coalesce(sealed.destroyed_at IS NULL, true) OR sealed.key IS NOT NULL
            OR num_nonnulls(users.phone_number, users.email, users.last_name) > 0
            OR EXISTS (SELECT FROM social_profiles AS shown WHERE shown.user_id = users.id)
            OR EXISTS (SELECT FROM user_facts AS said WHERE said.user_id = users.id
                AND (said.data ->> 'phone_number' IS NOT NULL
                    OR said.data ->> 'email' IS NOT NULL
                    OR said.data ->> 'last_name' IS NOT NULL)) AS drifted
        FROM users LEFT JOIN personal_keys AS sealed ON sealed.person = users.id
        WHERE EXISTS (SELECT FROM user_facts AS gone WHERE gone.user_id = users.id
            AND gone.kind = 'user.deleted')
        """,
    ),
)
