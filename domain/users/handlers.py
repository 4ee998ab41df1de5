"""Applies what happens to people: facts are kept, accounts and profiles are folded from them."""

from datetime import datetime

from sqlmodel import Session

from domain.batch import Batch, Effects
from domain.deleted import deletions, judge_deleted
from domain.safety.payloads import ReportSettled, UserSuspended
from domain.sql import execute, fetch
from domain.tables.users import UserStatus
from domain.things import Hold, lock
from domain.users import presence
from domain.users.facts import load_facts
from domain.users.payloads import (
    HostProfileUpdated,
    NotificationSettingsUpdated,
    PresenceChanged,
    SocialProfileUpdated,
    SubscriptionChanged,
    UserDeleted,
    UserDeparted,
    UserRegistered,
    UserStatusChanged,
    UserUpdated,
    UserVerified,
)
from domain.users.rules import judge_registration
from domain.users.settling import keep_and_settle, settle, take_notes, write_settings
from domain.users.suspension import is_banned_by, suspending_report
from domain.verdict import Rejected, Verdict


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
    effects = keep_and_settle(session, accepted)
    effects.verdicts |= verdicts
    return effects


def apply_user_updated(session: Session, batch: Batch[UserUpdated], now: datetime) -> Effects:
    """Change columns of users, each by its newest word."""
    del now
    return keep_and_settle(session, batch)


def apply_user_verified(session: Session, batch: Batch[UserVerified], now: datetime) -> Effects:
    """Mark people as verified."""
    del now
    return keep_and_settle(session, batch)


def apply_user_status_changed(
    session: Session, batch: Batch[UserStatusChanged], now: datetime
) -> Effects:
    """Set statuses; a ban is followed by `user.departed`."""
    del now
    effects = keep_and_settle(session, batch)
    for changed in batch.without(effects.verdicts):
        if changed.payload.status == "banned":
            effects.follow(changed, UserDeparted(user_id=changed.payload.user_id))
    return effects


def apply_user_deleted(session: Session, batch: Batch[UserDeleted], now: datetime) -> Effects:
    """Archive and erase people; `user.departed` follows."""
    del now
    effects = keep_and_settle(session, batch)
    for deleted in batch.without(effects.verdicts):
        effects.follow(deleted, UserDeparted(user_id=deleted.payload.user_id))
    return effects


def apply_report_settled(session: Session, batch: Batch[ReportSettled], now: datetime) -> Effects:
    """Judge people's status by the reports about them; `user.departed` follows a ban."""
    del now
    effects = Effects()
    people = {each.payload.reported_id for each in batch}
    facts = load_facts(session, people)
    accounts = settle(session, facts)
    for settled in batch:
        person = settled.payload.reported_id
        said = facts.get(person, [])
        report = suspending_report(said)
        if report is not None and accounts[person].columns["status"] == UserStatus.SUSPENDED:
            suspended = UserSuspended(user_id=person, report_id=report)
            effects.follow(settled, suspended, once=f"suspended {person} {report}")
        if is_banned_by(settled.payload.report_id, said):
            effects.follow(settled, UserDeparted(user_id=person))
    return effects


def apply_social_profile_updated(
    session: Session, batch: Batch[SocialProfileUpdated], now: datetime
) -> Effects:
    """Change social profiles, made when there is none."""
    del now
    return keep_and_settle(session, batch)


def apply_host_profile_updated(
    session: Session, batch: Batch[HostProfileUpdated], now: datetime
) -> Effects:
    """Change host profiles, made when there is none."""
    del now
    return keep_and_settle(session, batch)


def apply_notification_settings_updated(
    session: Session, batch: Batch[NotificationSettingsUpdated], now: datetime
) -> Effects:
    """Change notification settings, each by its newest word; one never set, or cleared, is on."""
    del now
    effects = keep_and_settle(session, batch)
    notes = write_settings(session, [each.payload.user_id for each in batch])
    take_notes(batch, effects, notes=notes)
    return effects


def apply_subscription_changed(
    session: Session, batch: Batch[SubscriptionChanged], now: datetime
) -> Effects:
    """Change what people pay for, each field by its newest word."""
    del now
    return keep_and_settle(session, batch)


def apply_presence_changed(
    session: Session, batch: Batch[PresenceChanged], now: datetime
) -> Effects:
    """Say who is there; of one person the newest word stands, and the others are not kept."""
    del now
    deleted = deletions(session, (each.payload.user_id for each in batch))
    verdicts = judge_deleted(batch, deleted, person=lambda said: said.user_id)
    verdicts |= presence.write(session, batch.without(verdicts))
    return Effects(verdicts)


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
