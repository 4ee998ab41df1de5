"""How statements read what decides whether somebody may be told something."""

from typing import Any, Final

from domain.notifications.rules import Recipient
from domain.tables.notifications import Category

_OFF: Final = ", ".join(f"CASE WHEN NOT settings.{each} THEN '{each}' END" for each in Category)
# Beside `users` and, where there are any, their `settings`; a block is added by whoever asks.
FACTS: Final = (
    f"users.timezone, users.status, users.deleted_at IS NOT NULL, array_remove(ARRAY[{_OFF}], NULL)"
)
SETTINGS: Final = "LEFT JOIN user_notification_settings AS settings ON settings.user_id = users.id"


def between(one: str, other: str) -> str:
    """Ask for a block between two people that stands now, in either direction."""
    return f"""EXISTS (
        SELECT FROM blocked_users AS block WHERE block.unblocked_at IS NULL AND (
            (block.blocker_id = {one} AND block.blocked_id = {other})
            OR (block.blocker_id = {other} AND block.blocked_id = {one})))"""


def recipient(zone: str, status: str, is_deleted: Any, off: Any, is_blocked: Any) -> Recipient:
    """Read what FACTS and a block give."""
    return Recipient(zone, status, frozenset(off), bool(is_deleted), bool(is_blocked))
