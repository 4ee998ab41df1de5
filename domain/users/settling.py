"""Settles accounts and profiles: folds what was said about people and writes what follows."""

from collections.abc import Iterable, Mapping, Sequence

from sqlmodel import Session

from domain.batch import Batch, Effects
from domain.deleted import deletions, judge_late
from domain.facts import Fact, NewestWins, keep, load
from domain.payload import Payload
from domain.sql import execute, insert_missing, update_rows
from domain.users.erasure import erase
from domain.users.facts import load_facts
from domain.users.payloads import NotificationSettingsUpdated
from domain.users.rules import HOST_FIELDS, SOCIAL_FIELDS, Account, settle_account

SETTINGS = tuple(NotificationSettingsUpdated.model_fields.keys() - {"user_id"})


def keep_and_settle(session: Session, batch: Batch[Payload]) -> Effects:
    """Keep what was said and write the accounts that follow from all that was said."""
    effects = Effects()
    people = [each.payload.subject for each in batch]
    deleted = deletions(session, people)
    for each in batch:
        refusal = judge_late(each, deleted.get(each.payload.subject))
        if refusal is not None:
            effects.verdicts[each.seq] = refusal
    keep(session, "user_facts", "user_id", batch.without(effects.verdicts))
    settle(session, load_facts(session, people))
    return effects


def settle(session: Session, facts: Mapping[str, Sequence[Fact]]) -> dict[str, Account]:
    """Fold and write the accounts of people, given all that was said about them."""
    accounts = {person: settle_account(said) for person, said in sorted(facts.items())}
    _write(session, accounts)
    return accounts


def write_settings(session: Session, people: Iterable[str]) -> None:
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


def _write(session: Session, accounts: Mapping[str, Account]) -> None:
    """Write accounts and profiles, and erase what a deletion erases."""
    users = [{"id": person, **account.columns} for person, account in accounts.items()]
    update_rows(session, "users", "id", users)
    # All of them at once, since they are written one after another below, and ratings lock many.
    execute(
        session,
        "SELECT FROM host_profiles WHERE user_id = ANY(%(ids)s) ORDER BY user_id FOR UPDATE",
        ids=list(accounts),
    )
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
        erase(session, gone)
        write_settings(session, gone)
