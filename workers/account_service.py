"""What may be done to accounts of the dashboard, by whom, written down: pages, API and command.

All of it raises ForbiddenError for who has just lost the right to by another admin's doing.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from domain.ops.acting import WrongRequestError, checked_why
from domain.ops.admins import demand_still
from domain.ops.audit import Deed, record
from domain.ops.permissions import Actor, Verb
from domain.ops.revealing import hide_from_account
from domain.sql import execute, fetch, fetch_dicts
from domain.tables.accounts import Role, Via
from workers.accounts import NAME_FORM, keep_account, remove_account

NAME_RULE = (
    "A name has at most 64 letters from a to z, digits and any of . _ @ + -,"
    " and starts with a letter or digit."
)


@dataclass(frozen=True, slots=True)
class AccountEntry:
    """An account as the list shows it, and how many sessions of it are open."""

    id: UUID
    name: str
    role: str
    created_at: datetime
    disabled_at: datetime | None
    sessions: int
    last_signed_in_at: datetime | None


def thing_of(name: str) -> str:
    """What the audit log calls an account."""
    return f"account:{name}"


def account_entries(session: Session, *, now: datetime) -> list[AccountEntry]:
    """Give all accounts by name: a company has some dozens."""
    rows = fetch_dicts(
        session,
        """
        SELECT account.id, name, role, account.created_at, disabled_at,
            count(held.token_hash) AS sessions, max(held.created_at) AS last_signed_in_at
        FROM dashboard_users AS account LEFT JOIN dashboard_sessions AS held
            ON held.user_id = account.id AND held.expires_at > %(now)s
        GROUP BY account.id ORDER BY name
        """,
        now=now,
    )
    return [AccountEntry(**row) for row in rows]


@dataclass(frozen=True, slots=True)
class AccountOrder:
    """An account to make."""

    name: str
    role: Role
    password_hash: str


def add_account(session: Session, actor: Actor, order: AccountOrder, *, now: datetime) -> None:
    """Make an account; raises WrongRequestError for a name that is none, or is taken."""
    demand_still(session, actor, Verb.MANAGE_ACCOUNTS)
    name, role = checked_name(order.name), order.role
    if keep_account(session, name, role=role, password_hash=order.password_hash) is None:
        raise WrongRequestError(f"The name {name} is taken.")
    _write_down(
        session, actor, Deed("account.create", details={"role": role.value}), of=name, now=now
    )


def change_role(session: Session, actor: Actor, name: str, *, role: Role, now: datetime) -> bool:
    """Let an account do what another role may, from its next request on; False if it did."""
    _demand_other(session, actor, name)
    rows = fetch(
        session,
        "UPDATE dashboard_users AS account SET role = %(role)s FROM dashboard_users AS before"
        " WHERE account.name = %(name)s AND before.id = account.id AND before.role <> %(role)s"
        " RETURNING before.role",
        name=name,
        role=role.value,
    )
    for (before,) in rows:
        # What the old role was shown isn't the new one's, even if the old comes back.
        hide_from_account(session, name)
        deed = Deed("account.role", details={"role": role.value, "before": before})
        _write_down(session, actor, deed, of=name, now=now)
    return len(rows) == 1


def disable(session: Session, actor: Actor, name: str, *, why: str, now: datetime) -> bool:
    """Let nobody sign in with an account, and sign it out everywhere; False if it was so."""
    _demand_other(session, actor, name)
    why = checked_why(why)
    changed = execute(
        session,
        "UPDATE dashboard_users SET disabled_at = %(now)s"
        " WHERE name = %(name)s AND disabled_at IS NULL",
        name=name,
        now=now,
    )
    if changed:
        _end_sessions(session, name)
        _write_down(session, actor, Deed("account.disable", why=why), of=name, now=now)
    return changed == 1


def enable(session: Session, actor: Actor, name: str, *, now: datetime) -> bool:
    """Let an account sign in again; False if it could."""
    demand_still(session, actor, Verb.MANAGE_ACCOUNTS)
    changed = execute(
        session,
        "UPDATE dashboard_users SET disabled_at = NULL"
        " WHERE name = %(name)s AND disabled_at IS NOT NULL",
        name=name,
    )
    if changed:
        _write_down(session, actor, Deed("account.enable"), of=name, now=now)
    return changed == 1


def remove(session: Session, actor: Actor, name: str, *, now: datetime) -> bool:
    """Remove an account for good, which signs it out everywhere; False if there is none."""
    _demand_other(session, actor, name)
    was_there = remove_account(session, name)
    if was_there:
        _write_down(session, actor, Deed("account.remove"), of=name, now=now)
    return was_there


def sign_out_everywhere(session: Session, actor: Actor, name: str, *, now: datetime) -> int:
    """End every session of an account, one's own too; how many there were."""
    demand_still(session, actor, Verb.MANAGE_ACCOUNTS)
    count = _end_sessions(session, name)
    if count:
        deed = Deed("account.sign_out", details={"sessions": count})
        _write_down(session, actor, deed, of=name, now=now)
    return count


def checked_name(name: str) -> str:
    """The name as it is kept; raises WrongRequestError for what is none."""
    name = name.strip().lower()
    if not NAME_FORM.fullmatch(name):
        raise WrongRequestError(NAME_RULE)
    return name


def _demand_other(session: Session, actor: Actor, name: str) -> None:
    """Nobody takes from themselves what they would need to give it back."""
    demand_still(session, actor, Verb.MANAGE_ACCOUNTS)
    # Whose terminal it is has no account of that name here.
    if name == actor.name and actor.via is not Via.COMMAND:
        raise WrongRequestError("That is your own account: ask another admin.")


def _end_sessions(session: Session, name: str) -> int:
    rows = fetch(
        session,
        "DELETE FROM dashboard_sessions WHERE user_id IN"
        " (SELECT id FROM dashboard_users WHERE name = %(name)s) RETURNING 1",
        name=name,
    )
    return len(rows)


def _write_down(session: Session, actor: Actor, deed: Deed, *, of: str, now: datetime) -> None:
    record(session, actor, replace(deed, thing=thing_of(of)), now=now)
