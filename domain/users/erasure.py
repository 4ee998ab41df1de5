"""Erases what a deletion erases, in the transaction of the deletion.

It stands at the end of each settling of a deleted person, and finds little the second time. What
arrives after it finds users.deleted_at and keeps nothing: see `domain/deleted.py`.
"""

from collections.abc import Mapping

from sqlmodel import Session

from domain.sql import execute, update_rows
from domain.users.rules import HOST_DEFAULTS, Account

# Rows that only one person's own transactions touch: the person's lock is enough.
_OWN_ROWS = {
    "profile_photos": "user_id",
    "host_photos": "host_id",
    "profile_interests": "user_id",
    "user_social_links": "user_id",
    "face_card_unlocks": "user_id",
    "face_card_notices": "user_id",
}
# Rows that two people's transactions may want: locked in key order first.
_SHARED_ROWS = {
    "profile_likes": ("liker_id, liked_id", "liker_id = {any} OR liked_id = {any}"),
    "social_connections": (
        'sharer_id, receiver_id, platform COLLATE "C"',
        "sharer_id = {any} OR receiver_id = {any}",
    ),
    "push_notification_tokens": ('token COLLATE "C"', "user_id = {any}"),
}
_ANY = "ANY(%(ids)s::uuid[])"
# Facts that are erased whole, since nothing that stays follows from them.
_PERSONAL_FACTS = ["interests.selected", "persona.updated"]


def erase(session: Session, gone: Mapping[str, Account]) -> None:
    """Erase what deleted people showed, and all traces of what came after the deletion.

    Something later may have been applied before the deletion was heard of. What else is personal
    is erased by the handler of `user.departed`: see domain/privacy.
    """
    people = list(gone)
    _erase_facts(session, people)
    _erase_columns(session, people)
    _erase_rows(session, people)
    _erase_profiles(session, gone)


def _erase_facts(session: Session, people: list[str]) -> None:
    """Drop facts that are personal as a whole, and those of what came later."""
    execute(
        session,
        "DELETE FROM user_facts AS fact USING users WHERE users.id = ANY(%(ids)s)"
        " AND fact.user_id = users.id"
        " AND (fact.time > users.deleted_at OR fact.kind = ANY(%(personal)s))",
        ids=people,
        personal=_PERSONAL_FACTS,
    )
    # That somebody had the token stays known: it doesn't fall back to whoever had it before.
    execute(
        session,
        "UPDATE push_token_facts SET data = '{}' WHERE user_id = ANY(%(ids)s)",
        ids=people,
    )


def _erase_columns(session: Session, people: list[str]) -> None:
    """Empty the columns that other settlings than that of the account write."""
    execute(
        session,
        """
        UPDATE users SET career = NULL, mood = NULL, interests = NULL, is_online = false,
            last_active_at = NULL, presence_time = NULL, presence_id = NULL,
            presence_source = NULL, updated_at = now()
        WHERE id = ANY(%(ids)s)
        """,
        ids=people,
    )


def _erase_rows(session: Session, people: list[str]) -> None:
    """Delete what people showed, liked, shared and earned, and the addresses of their phones."""
    for table, owner in _OWN_ROWS.items():
        execute(session, f"DELETE FROM {table} WHERE {owner} = {_ANY}", ids=people)
    for table, (key, theirs) in _SHARED_ROWS.items():
        found = f"FROM {table} WHERE {theirs.format(any=_ANY)}"
        execute(session, f"SELECT {found} ORDER BY {key} FOR UPDATE", ids=people)
        execute(session, f"DELETE {found}", ids=people)


def _erase_profiles(session: Session, gone: Mapping[str, Account]) -> None:
    """Remove profiles that nobody would have made, had the deletion been known."""
    execute(
        session,
        "DELETE FROM social_profiles WHERE user_id = ANY(%(ids)s)",
        ids=[person for person, account in gone.items() if account.social_profile is None],
    )
    no_hosts = [person for person, account in gone.items() if account.host_profile is None]
    update_rows(
        session, "host_profiles", "user_id", [{"user_id": p, **HOST_DEFAULTS} for p in no_hosts]
    )
    # An event has a host, and a host a profile.
    execute(
        session,
        "DELETE FROM host_profiles AS kept WHERE user_id = ANY(%(ids)s)"
        " AND NOT EXISTS (SELECT FROM events WHERE events.host_id = kept.user_id)",
        ids=no_hosts,
    )
