"""Who may do what: a verb for each thing that can be done, and the roles that hold it.

This table alone decides. A route names its verb, a write asks for its own, and what stands
nowhere here nobody may.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from domain.tables.accounts import Role, Via


class Verb(StrEnum):
    """Something that can be done."""

    # See how everything stands; what is personal stays masked.
    LOOK = "look"
    # See who did what, and why they said they did.
    READ_AUDIT = "read_audit"
    RETRY = "retry"
    DISCARD = "discard"
    RESTORE = "restore"
    # The same of many at once.
    BULK = "bulk"
    # See what the sandbox would have sent, words and all.
    READ_SANDBOX = "read_sandbox"
    # See for a while what is personal of one person, having said why.
    REVEAL = "reveal"
    # Have somebody forgotten for good.
    ERASE = "erase"
    # Make, rotate and revoke the keys of those who publish.
    MANAGE_KEYS = "manage_keys"
    # Say who may sign in, and what they may.
    MANAGE_ACCOUNTS = "manage_accounts"
    # Hold back lanes, handlers and schedules for a while, and let them go on.
    PAUSE = "pause"
    # Have a schedule run at once.
    RUN = "run"
    # End one's own session.
    SIGN_OUT = "sign_out"


VIEWER: Final = frozenset({Verb.LOOK, Verb.READ_AUDIT, Verb.SIGN_OUT})
OPERATOR: Final = VIEWER | {
    Verb.RETRY,
    Verb.DISCARD,
    Verb.RESTORE,
    Verb.BULK,
    Verb.PAUSE,
    Verb.RUN,
    Verb.READ_SANDBOX,
    Verb.REVEAL,
}
ADMIN: Final = OPERATOR | {Verb.ERASE, Verb.MANAGE_KEYS, Verb.MANAGE_ACCOUNTS}

GRANTS: Final[dict[Role, frozenset[Verb]]] = {
    Role.VIEWER: VIEWER,
    Role.OPERATOR: OPERATOR,
    Role.ADMIN: ADMIN,
}


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody who does something, and by which door they came."""

    name: str
    role: Role
    via: Via

    def may(self, verb: Verb) -> bool:
        """Say whether they may do it."""
        return verb in GRANTS[self.role]


class ForbiddenError(Exception):
    """Somebody tried what their role doesn't hold; its text can be shown to them."""


def demand(actor: Actor, verb: Verb) -> None:
    """Raise ForbiddenError unless they may do it."""
    if not actor.may(verb):
        raise ForbiddenError(f"Your role is {actor.role}, which may not {verb.replace('_', ' ')}.")
