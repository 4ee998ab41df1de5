"""What an account and its profiles are, given everything that was said about them. Pure."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from domain.calendar import age_on
from domain.constants import (
    ADULT_AGE_YEARS,
    DEFAULT_ZONE,
    NO_BIRTH_DATE,
)
from domain.facts import Fact, NewestWins
from domain.payload import Stamp
from domain.tables.users import UserStatus
from domain.users.suspension import account_status
from domain.verdict import Rejected

# What a field becomes when it was never said, or cleared with null.
DEFAULTS: dict[str, Any] = {
    "phone_number": None,
    "email": None,
    "last_name": None,
    "timezone": DEFAULT_ZONE,
    "min_lead_time_days": 3,
    "distance_preference": 25,
    "price_sensitivity": None,
    "availability_preferences": None,
    "active_role": "social",
    "subscription_status": "free",
    "subscription_ends": None,
    "stripe_subscription_id": None,
}
ERASED_ON_DELETION: dict[str, Any] = {
    "phone_number": None,
    "email": None,
    "last_name": None,
    "birth_date": NO_BIRTH_DATE,
}
SOCIAL_FIELDS = (
    "first_name",
    "preferred_name",
    "bio",
    "gender",
    "pronouns",
    "interested_in",
    "occupation",
    "location",
)
HOST_DEFAULTS: dict[str, Any] = {
    "host_type": "user",
    "host_name": None,
    "host_bio": None,
    "location_id": None,
    "address": None,
    "website_url": None,
}
HOST_FIELDS = tuple(HOST_DEFAULTS)


def judge_registration(birth_date: date, time: datetime) -> Rejected | None:
    """Refuse somebody under 18 at the time of registering."""
    if age_on(birth_date, time.astimezone(UTC).date()) < ADULT_AGE_YEARS:
        return Rejected("under_age", f"under {ADULT_AGE_YEARS} when registering")
    return None


@dataclass(slots=True)
class Account:
    """An account as its facts make it; a profile that nobody made is None.

    `notes` tell which facts changed nothing, and why.
    """

    columns: dict[str, Any] = field(default_factory=dict)
    social_profile: dict[str, Any] | None = None
    host_profile: dict[str, Any] | None = None
    deleted_at: datetime | None = None
    notes: dict[Stamp, str] = field(default_factory=dict)


def deletion_of(facts: Sequence[Fact]) -> datetime | None:
    """Give when a person was deleted: the first time it was said."""
    return next((fact.stamp.time for fact in facts if fact.kind == "user.deleted"), None)


def settle_account(facts: Sequence[Fact]) -> Account:
    """Fold what was said about a person, in order; what came after the deletion has no effect."""
    deleted_at = deletion_of(facts)
    fields, social, host = NewestWins(), NewestWins(), NewestWins()
    verified, has_social, has_host = False, False, False
    for fact in facts:
        if deleted_at is not None and fact.stamp.time > deleted_at:
            continue
        match fact.kind:
            case "user.registered":
                fields.begin(_among(fact.data, {*DEFAULTS, "birth_date"}))
                has_social = has_social or fact.data.get("first_name") is not None
                social.begin(_among(fact.data, SOCIAL_FIELDS))
            case "user.updated" | "subscription.changed":
                fields.offer(fact.stamp, _among(fact.data, DEFAULTS))
            case "user.verified":
                verified = True
            case "social_profile.updated":
                has_social = True
                social.offer(fact.stamp, _among(fact.data, SOCIAL_FIELDS))
            case "host_profile.updated":
                has_host = True
                host.offer(fact.stamp, _among(fact.data, HOST_FIELDS))
    columns = {**DEFAULTS, **_not_null(fields.values), "is_verified": verified}
    columns |= {"status": account_status(facts), "deleted_at": deleted_at}
    if deleted_at is not None:
        columns |= {**ERASED_ON_DELETION, "status": UserStatus.ARCHIVED_FOR_RECYCLING}
        # Whoever held events keeps an empty profile, on which the ratings stand.
        return Account(columns, None, HOST_DEFAULTS if has_host else None, deleted_at)
    return Account(
        columns,
        {**dict.fromkeys(SOCIAL_FIELDS), **social.values} if has_social else None,
        {**HOST_DEFAULTS, **_not_null(host.values)} if has_host else None,
        notes=notes_on(
            facts,
            {
                "user.updated": fields,
                "subscription.changed": fields,
                "social_profile.updated": social,
                "host_profile.updated": host,
            },
        ),
    )


def notes_on(facts: Sequence[Fact], folded: Mapping[str, NewestWins]) -> dict[Stamp, str]:
    """Say which updates change nothing, and why; `folded` gives the fold of each kind."""
    notes = {fact.stamp: folded[fact.kind].note(fact) for fact in facts if fact.kind in folded}
    return {stamp: note for stamp, note in notes.items() if note is not None}


def _not_null(said: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out what was cleared, so that a default takes its place."""
    return {name: value for name, value in said.items() if value is not None}


def _among(data: Mapping[str, Any], names: Collection[str]) -> dict[str, Any]:
    """Keep only the named fields of what was said."""
    return {name: value for name, value in data.items() if name in names}
