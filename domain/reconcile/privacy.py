"""Erasure: nothing readable is left of those who were deleted."""

from domain.reconcile.check import Check

CHECKS = (
    Check(
        "erasure",
        "whoever was deleted has no key and no profile, and no contact data in account or facts",
        """
        SELECT users.id::text AS key,
            coalesce(sealed.destroyed_at IS NULL, true) OR sealed.key IS NOT NULL
            OR num_nonnulls(users.phone_number, users.email, users.last_name) > 0
            OR EXISTS (SELECT FROM social_profiles AS shown WHERE shown.user_id = users.id)
            OR EXISTS (SELECT FROM ratings WHERE rater_id = users.id AND comment IS NOT NULL)
            OR EXISTS (SELECT FROM connections AS met WHERE met.connected_user_id = users.id
                AND met.snapshot_name IS NOT NULL)
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
