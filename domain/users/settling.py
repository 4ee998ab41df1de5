"""Settles accounts and profiles: folds what was said about people and writes what follows."""

from collections.abc import Iterable, Mapping, Sequence

from sqlmodel import Session

from domain.batch import Batch, Effects
from domain.deleted import deletions, judge_late
from domain.facts import Fact, NewestWins, keep, load
from domain.payload import Payload, Stamp
from domain.sql import execute, insert_missing, update_rows
from domain.users.erasure import erase
from domain.users.facts import load_facts
from domain.users.payloads import NotificationSettingsUpdated
from domain.users.rules import HOST_FIELDS, SOCIAL_FIELDS, Account, notes_on, settle_account
from domain.verdict import Accepted

# By person: what changed nothing, and why.
Notes = Mapping[str, Mapping[Stamp, str]]

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
    accounts = settle(session, load_facts(session, people))
    take_notes(batch, effects, notes={person: each.notes for person, each in accounts.items()})
    return effects


def take_notes(batch: Batch[Payload], effects: Effects, *, notes: Notes) -> None:
    """Say of domain events that were accepted why they changed nothing."""
    for each in batch.without(effects.verdicts):
        note = notes.get(each.payload.subject, {}).get(each.stamp)
        if note is not None:
            effects.verdicts[each.seq] = Accepted(note)


def settle(session: Session, facts: Mapping[str, Sequence[Fact]]) -> dict[str, Account]:
    """Fold and write the accounts of people, given all that was said about them."""
    accounts = {person: settle_account(said) for person, said in sorted(facts.items())}
    _write(session, accounts)
    return accounts


def write_settings(session: Session, people: Iterable[str]) -> Notes:
    """Fold and write people's notification settings; give notes on what changed nothing."""
    rows = []
    notes: dict[str, dict[Stamp, str]] = {}
    for person, facts in load(session, "user_facts", "user_id", people).items():
        settings = NewestWins()
        for fact in facts:
            if fact.kind == NotificationSettingsUpdated.NAME:
                said = {name: fact.data[name] for name in SETTINGS if name in fact.data}
                settings.offer(fact.stamp, said)
        are_on = {name: settings.values.get(name) is not False for name in SETTINGS}
        rows.append({"user_id": person, **are_on})
        notes[person] = notes_on(facts, {NotificationSettingsUpdated.NAME: settings})
    update_rows(session, "user_notification_settings", "user_id", rows)
    return notes


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
