"""What the dashboard may do about people, keys and accounts; a part of domain/roles.py's table.

Of people it reads how they stand, and nothing that is personal: the database's `momento_personal`
tells that, of one person, to a session that has said why.
"""

from collections.abc import Mapping
from typing import Final

PEOPLE_FOR_OPS: Final[Mapping[str, str]] = {
    "users": "select(id, status, deleted_at, active_role, timezone, is_verified, is_online,"
    " user_number, subscription_status, subscription_ends, last_active_at, created_at)",
    "reveals": "select insert update delete",
    "user_internal_metrics": "select(user_id, absentee_rating, contribution_score, kudos_count,"
    " kudos_givers, aggregated_kudos, is_widely_thanked, outcomes_present)",
    "user_notification_settings": "select",
    "push_notification_tokens": "select(id, user_id, platform, disabled_at, disabled_reason,"
    " created_at)",
    "attendance": "select(id, event_id, user_id, status, checked_in_at)",
    "payments": "select(id, user_id, event_id, invitation_id, purpose, amount_in_cents,"
    " currency, status, created_at)",
    "reports": "select(id, reporter_id, reported_id, status, created_at)",
    # Admins decide there who publishes and who signs in. What a key may and its hash stay as made.
    "api_keys": "select(id, first_id, name, types, rate, burst, created_at, ends_at, revoked_at,"
    " last_used_at) insert update(revoked_at, ends_at)",
    "api_key_changes": "select insert",
    "dashboard_users": "select insert update(role, disabled_at)",
}
