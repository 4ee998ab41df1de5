"""Applies what happens to people: facts are kept, accounts and profiles are folded from them."""

from collections.abc import Iterable
from datetime import datetime

from sqlmodel import Session

from domain.batch import Batch, DomainEvent, Effects
from domain.facts import NewestWins, keep, load
from domain.payload import Payload
from domain.sql import execute, fetch, insert_missing, update_rows
from domain.things import Hold, lock
from domain.users.payloads import (
    HostProfileUpdated,
    NotificationSettingsUpdated,
    SocialProfileUpdated,
    UserDeleted,
    UserDeparted,
    UserRegistered,
    UserStatusChanged,
    UserUpdated,
    UserVerified,
)
from domain.users.rules import (
    HOST_DEFAULTS,
    HOST_FIELDS,
    SOCIAL_FIELDS,
    Account,
    judge_registration,
    settle_account,
)
from domain.verdict import Rejected, Verdict

SETTINGS = tuple(NotificationSettingsUpdated.model_fields.keys() - {"user_id"})


def apply_user_registered(session: Session, batch: Batch[UserRegistered], now: datetime) -> Effects:
    """Make the person's rows once; a clerk_id that another person has is refused."""
    del now
    verdicts: dict[int, Verdict] = {}
    for registered in batch:
        refusal = judge_registration(registered.payload.birth_date, registered.time)
        if refusal is not None:
            verdicts[registered.seq] = refusal
    adults = batch.without(verdicts)
    _make_rows(session, adults)
    verdicts |= _clerk_id_verdicts(session, adults)
    accepted = adults.without(verdicts)
    lock(session, "user", (each.payload.user_id for each in accepted), Hold.CHANGE)
    effects = _keep_and_settle(session, accepted)
    effects.verdicts |= verdicts
    return effects


def apply_user_updated(session: Session, batch: Batch[UserUpdated], now: datetime) -> Effects:
    """Change columns of users, each by its newest word."""
    del now
    return _keep_and_settle(session, batch)


def apply_user_verified(session: Session, batch: Batch[UserVerified], now: datetime) -> Effects:
    """Mark people as verified."""
    del now
    return _keep_and_settle(session, batch)


def apply_user_status_changed(
    session: Session, batch: Batch[UserStatusChanged], now: datetime
) -> Effects:
    """Set statuses; a ban is followed by `user.departed`."""
    del now
    effects = _keep_and_settle(session, batch)
    for changed in batch.without(effects.verdicts):
        if changed.payload.status == "banned":
            effects.follow(changed, UserDeparted(user_id=changed.payload.user_id))
    return effects


def apply_user_deleted(session: Session, batch: Batch[UserDeleted], now: datetime) -> Effects:
    """Archive and erase people; `user.departed` follows."""
    del now
    effects = _keep_and_settle(session, batch)
    for deleted in batch.without(effects.verdicts):
        effects.follow(deleted, UserDeparted(user_id=deleted.payload.user_id))
    return effects


def apply_social_profile_updated(
    session: Session, batch: Batch[SocialProfileUpdated], now: datetime
) -> Effects:
    """Change social profiles, made when there is none."""
    del now
    return _keep_and_settle(session, batch)


def apply_host_profile_updated(
    session: Session, batch: Batch[HostProfileUpdated], now: datetime
) -> Effects:
    """Change host profiles, made when there is none."""
    del now
    return _keep_and_settle(session, batch)


def apply_notification_settings_updated(
    session: Session, batch: Batch[NotificationSettingsUpdated], now: datetime
) -> Effects:
    """Change notification settings, each by its newest word; one never set, or cleared, is on."""
    del now
    effects = _keep_and_settle(session, batch)
    _write_settings(session, [each.payload.user_id for each in batch])
    return effects


def _write_settings(session: Session, people: Iterable[str]) -> None:
    """Fold and write people's notification settings."""
    rows = []
    for person, facts in load(session, "user_facts", "user_id", people).items():
        settings = NewestWins()
        for fact in facts:
            if fact.kind == NotificationSettingsUpdated.NAME:
                settings.offer(fact.stamp, fact.data)
        said = {name: settings.values.get(name) is not False for name in SETTINGS}
        rows.append({"user_id": person, **said})
    update_rows(session, "user_notification_settings", "user_id", rows)


def _make_rows(session: Session, batch: Batch[UserRegistered]) -> None:
    """Insert what a person needs to exist; a taken id or clerk_id is left alone."""
    if not batch:
        return
    execute(
        session,
        """
        WITH made AS (
            INSERT INTO users (id, clerk_id, birth_date)
            SELECT * FROM unnest(%(ids)s::uuid[], %(clerk_ids)s::text[], %(birth_dates)s::date[])
                AS said (id, clerk_id, birth_date)
            ORDER BY id
            ON CONFLICT DO NOTHING
            RETURNING id
        ), measured AS (
            INSERT INTO user_internal_metrics (user_id) SELECT id FROM made
        )
        INSERT INTO user_notification_settings (user_id) SELECT id FROM made
        """,
        ids=[each.payload.user_id for each in batch],
        clerk_ids=[each.payload.clerk_id for each in batch],
        birth_dates=[each.payload.birth_date for each in batch],
    )


def _clerk_id_verdicts(session: Session, batch: Batch[UserRegistered]) -> dict[int, Verdict]:
    """Refuse those whose clerk_id went to somebody else, or who have another one already."""
    rows = fetch(
        session,
        "SELECT id, clerk_id FROM users WHERE id = ANY(%(ids)s)",
        ids=[each.payload.user_id for each in batch],
    )
    clerk_ids = dict(rows)
    return {
        each.seq: Rejected("clerk_id_taken", "another user has this clerk_id")
        if each.payload.user_id not in clerk_ids
        else Rejected("id_taken", "this user_id was registered with another clerk_id")
        for each in batch
        if clerk_ids.get(each.payload.user_id) != each.payload.clerk_id
    }


def _keep_and_settle(session: Session, batch: Batch[Payload]) -> Effects:
    """Keep what was said and write the accounts that follow from all that was said."""
    effects = Effects()
    people = [each.payload.subject for each in batch]
    deleted = _deletions(session, people)
    for each in batch:
        effects.verdicts |= _late_verdict(each, deleted)
    keep(session, "user_facts", "user_id", batch.without(effects.verdicts))
    accounts = {
        person: settle_account(facts)
        for person, facts in load(session, "user_facts", "user_id", people).items()
        if facts
    }
    _write(session, accounts)
    return effects


def _deletions(session: Session, people: Iterable[str]) -> dict[str, datetime]:
    """Give when people were deleted, as far as they were."""
    rows = fetch(
        session,
        "SELECT id, deleted_at FROM users WHERE id = ANY(%(ids)s) AND deleted_at IS NOT NULL",
        ids=list(people),
    )
    return dict(rows)


def _late_verdict(each: DomainEvent[Payload], deleted: dict[str, datetime]) -> dict[int, Verdict]:
    """Refuse what happened to a person after the deletion."""
    deleted_at = deleted.get(each.payload.subject)
    if deleted_at is None or each.time <= deleted_at:
        return {}
    return {each.seq: Rejected("user_deleted", "the person was deleted before this")}


def _write(session: Session, accounts: dict[str, Account]) -> None:
    """Write accounts and profiles, and erase what a deletion erases."""
    users = [{"id": person, **account.columns} for person, account in accounts.items()]
    update_rows(session, "users", "id", users)
    for table, fields, profiles in (
        ("social_profiles", SOCIAL_FIELDS, {p: a.social_profile for p, a in accounts.items()}),
        ("host_profiles", HOST_FIELDS, {p: a.host_profile for p, a in accounts.items()}),
    ):
        rows = [
            # A profile has its person's id, so that it is the same whoever makes it first.
            {"id": person, "user_id": person, **{name: profile[name] for name in fields}}
            for person, profile in profiles.items()
            if profile is not None
        ]
        insert_missing(session, table, rows)
        update_rows(session, table, "user_id", rows)
    gone = {p: account for p, account in accounts.items() if account.deleted_at is not None}
    if gone:
        _erase(session, gone)


def _erase(session: Session, gone: dict[str, Account]) -> None:
    """Erase profiles, and all traces of what came after the deletion.

    Something later may have been applied before the deletion was heard of. What else is personal
    is erased by the handlers of `user.departed`: see domain/privacy.
    """
    execute(
        session,
        "DELETE FROM user_facts AS fact USING users WHERE users.id = ANY(%(ids)s)"
        " AND fact.user_id = users.id AND fact.time > users.deleted_at",
        ids=list(gone),
    )
    _write_settings(session, gone)
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
