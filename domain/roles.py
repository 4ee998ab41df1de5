"""What each process may do in the database, and for how long: THE table of rights.

A process that runs takes a role of its own, with the least that it needs: docs/decisions/ has the
page on roles. `momento migrate` makes the roles and puts right what each may do; who adds a table
says here who may do what with it, and a test fails until then.

Rights are words: select, insert, update, delete. One of columns alone names them: update(state).
Whoever locks rows needs the right to update at least one column, so `update(seq)` may mean a lock.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from domain.rights import PEOPLE_FOR_OPS

PREFIX: Final = "momento_"
PROCESSES: Final = ("relay", "worker", "scheduler", "sender", "gateway", "dashboard")

# A worker's batches take a fraction of this, and what hangs in one holds up its lane.
BATCH_STATEMENT: Final = timedelta(seconds=10)
STATEMENT: Final = timedelta(seconds=30)
# Below it, so that who only waits for others isn't taken for one that hangs.
BATCH_LOCK: Final = timedelta(seconds=5)
LOCK: Final = timedelta(seconds=10)
# Ends the transaction of a worker that was stopped or swapped out, before anyone else waits long.
IDLE_IN_TRANSACTION: Final = timedelta(seconds=10)
# What a scheduler that was stopped has not committed is gone before another one leads, which may
# want the same rows, and which is within ten seconds.
SCHEDULER_IDLE_IN_TRANSACTION: Final = timedelta(seconds=4)

READ: Final = "select"
ALL: Final = "select insert update delete"

# What people do with one another, and what is derived from it: handlers write it.
TOPICS: Final = (
    "attendance",
    "attendance_check_ins",
    "attendance_reports",
    "attendee_kudos",
    "block_facts",
    "blocked_users",
    "connection_facts",
    "connections",
    "conversation_participants",
    "conversations",
    "duo_facts",
    "duo_participants",
    "duos",
    "embeddings",
    "event_candidates",
    "event_collaborators",
    "event_facts",
    "event_itinerary_stops",
    "event_photo_facts",
    "event_photos",
    "event_posts",
    "events",
    "face_card_notices",
    "face_card_unlocks",
    "feedback_summaries",
    "host_flags",
    "host_photos",
    "host_profiles",
    "host_reliability_log",
    "interests",
    "invitation_facts",
    "invitations",
    "locations",
    "matching_requests",
    "messages",
    "payment_facts",
    "payments",
    "profile_interests",
    "profile_likes",
    "profile_photos",
    "push_notification_tokens",
    "push_token_facts",
    "rating_facts",
    "ratings",
    "report_facts",
    "reports",
    "seat_decisions",
    "social_connections",
    "social_profiles",
    "support_tickets",
    "ticket_facts",
    "user_facts",
    "user_interest_vectors",
    "user_internal_metrics",
    "user_notification_settings",
    "user_places",
    "user_social_links",
    "users",
)

# Whoever publishes: numbers and keys are given, personal values sealed. Nobody who runs may change
# or remove what was said.
PUBLISH: Final[Mapping[str, str]] = {
    "domain_events": "insert select(source, id, seq)",
    "domain_event_keys": "insert select(seq)",
    "outbox": "insert",
    "personal_keys": "insert select(person, key)",
}
ROUTE: Final[Mapping[str, str]] = {
    "outbox": "select update(seq) delete",
    "deliveries": "select insert",
}

# What retrying, discarding and restoring a delivery changes of it.
MEND: Final = (
    "update(state, due_at, attempts, deaths, looks, awaits, reason, error, fingerprint, settled_at)"
)
# Every process adds what it has measured, and says that it is there.
REPORT: Final[Mapping[str, str]] = {
    "figures": "select insert update",
    "failure_kinds": "select insert update",
    "failure_hours": "select insert update",
    "processes": ALL,
    "deploys": "select insert",
}

RIGHTS: Final[Mapping[str, Mapping[str, str]]] = {
    "relay": {
        **REPORT,
        **ROUTE,
        "pauses": READ,
        "deliveries": "select insert update(deaths, state, due_at, error, fingerprint, settled_at)",
        "in_hand": "select delete",
    },
    "worker": {
        **REPORT,
        **dict.fromkeys(TOPICS, ALL),
        **PUBLISH,
        **ROUTE,
        "domain_events": "select insert",
        "outbox": "select insert update(seq) delete",
        "deliveries": "select insert update",
        "in_hand": "select insert update delete",
        "personal_keys": "select insert update",
        "refusals": ALL,
        "refunds": ALL,
        "notifications": "select insert update delete",
        "address_facts": READ,
        "workers": ALL,
        "pauses": READ,
    },
    "scheduler": {
        **REPORT,
        **dict.fromkeys(TOPICS, READ),
        **PUBLISH,
        "domain_events": "select insert",
        "deliveries": f"select {MEND} delete",
        "outbox": "select insert",
        # What ops do to many deliveries is done here, step by step.
        "bulk_operations": "select update delete",
        "bulk_items": "select update delete",
        "discards": ALL,
        "audit_log": "select insert",
        "figures": ALL,
        "failure_kinds": ALL,
        "failure_hours": ALL,
        "snapshots": "select update(is_kept) delete",
        "deploys": "select insert delete",
        "promises": ALL,
        "promise_progress": "select insert update",
        "refusals": READ,
        "due_said": "select insert update(kind) delete",
        "notifications": "select insert update delete",
        "handovers": READ,
        "address_facts": READ,
        "inbox": "select insert update delete",
        "stripe_links": "select insert update",
        "stripe_subscriptions": "select insert update",
        "stripe_cursors": "select insert update",
        "refunds": "select insert update",
        "personal_keys": "select insert update",
        "schedules": ALL,
        "ticks": ALL,
        "scheduler_lead": "select insert update",
        "workers": "select delete",
        "port_rests": ALL,
        # Of what became due: that it was said.
        "duos": "select update(reminded_for)",
        "invitations": "select update(reminded_for)",
        "profile_photos": "select update(badge_reminded_for, badge_ended_for)",
        # Chores write what takes time to make: vectors, and summaries of comments.
        "users": "select update(subscription_reminded_for, person_attraction_vector, updated_at)",
        "events": "select update(reminded_24h_for, reminded_2h_for, event_vector, event_summary,"
        " updated_at)",
        "event_candidates": "select insert",
        "interests": "select update(vector)",
        "social_profiles": "select update(social_profile_vector, updated_at)",
        "user_interest_vectors": ALL,
        "embeddings": ALL,
        "matching_requests": ALL,
        "feedback_summaries": ALL,
        "domain_events_default": READ,
    },
    "sender": {
        **REPORT,
        **PUBLISH,
        # When it was received of which somebody is told, and in which trace.
        "domain_events": "insert select(source, id, seq, received_at, traceparent)",
        "notifications": "select update",
        "handovers": "select insert update",
        "address_facts": "select insert",
        "channel_paces": "select insert update",
        "port_rests": ALL,
        "refunds": "select insert update",
        "payment_facts": READ,
        # Of people, where they can be reached and what they want.
        "users": "select(id, phone_number, email, timezone, status, deleted_at, is_online,"
        " last_active_at, subscription_status, subscription_ends, subscription_reminded_for)",
        "user_notification_settings": READ,
        "push_notification_tokens": READ,
        "blocked_users": READ,
        "social_profiles": "select(user_id, first_name, preferred_name)",
        # Whether what they are to be told is still so; of what they wrote, only that they did.
        "attendance": READ,
        "attendee_kudos": READ,
        "connections": "select(owner_id, connected_user_id, event_id, wants_to_connect_again,"
        " does_not_want_to_connect_again, is_favorite)",
        "duos": READ,
        "duo_participants": READ,
        "event_photos": "select(id, event_id, uploader_id, status)",
        "event_posts": "select(id, event_id, user_id, stamp_time, created_at)",
        "events": READ,
        "invitations": READ,
        "messages": "select(id, conversation_id, sender_id, sent_at, created_at)",
        # Locked while it is written what Stripe said of it.
        "payments": "select update(updated_at)",
        "profile_photos": READ,
        "ratings": "select(id, event_id, rater_id)",
        "reports": "select(id, status)",
        "support_tickets": "select(id, status, submitter_id)",
    },
    "gateway": {
        **REPORT,
        **PUBLISH,
        "alembic_version": READ,
        "api_keys": "select(id, first_id, name, types, key_hash, rate, burst, revoked_at, ends_at,"
        " last_used_at) update(last_used_at)",
        "inbox": "select insert update",
        "stripe_links": "select insert update",
        "stripe_subscriptions": "select insert update",
        "personal_keys": "select insert update",
        # Which message a callback is about, and what became of it; never what it said or to whom.
        "handovers": "select update(state, reason, ask_at, provider_id, updated_at)",
        "notifications": "select(id, user_id, channel, dedupe_key, status)"
        " update(status, reason, provider_id, send_after, updated_at)",
        "address_facts": "select insert",
        # Of people, by which names Clerk and we know them; of events, what they have asked for.
        "users": "select(id, clerk_id)",
        "events": "select(id)",
        "event_facts": "select(event_id, data)",
    },
    "dashboard": {
        **REPORT,
        "alembic_version": READ,
        "dashboard_sessions": "select insert delete",
        "snapshots": "select insert update",
        "promises": READ,
        "promise_progress": READ,
        "outbox": "select insert",
        # Personal values in it are sealed, and their keys aren't for the dashboard. It publishes
        # that somebody is to be forgotten.
        "domain_events": "select insert",
        "domain_events_default": READ,
        "domain_event_keys": "select insert",
        "deliveries": f"select {MEND}",
        "refusals": READ,
        "discards": ALL,
        "bulk_operations": "select insert update",
        "bulk_items": "select insert update",
        "audit_log": "select insert",
        "pauses": ALL,
        "workers": READ,
        "scheduler_lead": READ,
        "schedules": "select update(paused_until, paused_why, asked_at)",
        "ticks": READ,
        "inbox": "select(provider, id, type, object_id, said_at, state, reason, awaits,"
        " received_at)",
        "refunds": READ,
        "matching_requests": READ,
        "feedback_summaries": "select(event_id, due_at)",
        "port_rests": READ,
        "channel_paces": READ,
        "notifications": READ,
        "handovers": READ,
        # Of what was said, what it is part of: what is told of together is found by that.
        "messages": "select(id, conversation_id, sender_id, sent_at, created_at)",
        "event_posts": "select(id, event_id, user_id, stamp_time, created_at)",
        "conversations": "select(id, user_low, user_high)",
        # Whether what a delivery is about is still to come.
        "events": READ,
        "invitations": READ,
        "duos": READ,
        **PEOPLE_FOR_OPS,
    },
}

# Which functions of ours, that do for it what it may not do itself, a process may call.
CALLS: Final[Mapping[str, tuple[str, ...]]] = {
    "relay": ("momento_live_backends()",),
    "worker": ("momento_live_backends()",),
    "scheduler": (
        "momento_make_month(date)",
        "momento_drop_month(date)",
        "momento_drop_strays(bigint[], timestamp with time zone)",
    ),
    "dashboard": (
        "momento_longest_transaction()",
        "momento_personal(bytea, uuid, timestamp with time zone)",
        "momento_people_by(bytea, text)",
    ),
}
# Whose numbers a process may draw: those who publish.
SEQUENCES: Final[Mapping[str, str]] = {
    process: "domain_events_seq" for process, may in RIGHTS.items() if "domain_event_keys" in may
}
# Each month of domain_events is a table of its own, which is read directly where it is to be
# dropped; whoever makes one in the database grants this too.
MONTHS: Final[Mapping[str, str]] = {"scheduler": READ}


def role_of(process: str) -> str | None:
    """Give the role of a process; None for what isn't one: a command, a test, a benchmark."""
    return f"{PREFIX}{process}" if process in PROCESSES else None


def limits_of(process: str) -> dict[str, timedelta]:
    """Give how long a process's statements, locks and silences within a transaction may last."""
    is_worker = process == "worker"
    limits = {
        "statement_timeout": BATCH_STATEMENT if is_worker else STATEMENT,
        "lock_timeout": BATCH_LOCK if is_worker else LOCK,
        "idle_in_transaction_session_timeout": IDLE_IN_TRANSACTION,
    }
    if process == "scheduler":
        # Who leads next meets the ticks that this one has not committed: they go with it.
        limits["client_connection_check_interval"] = timedelta(seconds=1)
        limits["idle_in_transaction_session_timeout"] = SCHEDULER_IDLE_IN_TRANSACTION
    return limits
