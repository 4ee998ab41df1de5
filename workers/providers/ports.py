"""What senders ask of providers: to push, to text, to mail, and what became of it.

No method raises for what a provider or the way to it does: a result says how it went. Who asks
keeps to rates and pauses himself; each call is one request (of receipts: one for each page).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol


class About(StrEnum):
    """What a refusal is about, and so what it asks for."""

    # Nothing will reach this address any more: disable it.
    ADDRESS = "address"
    # Its owner wants nothing from us there (STOP): never again until they say so.
    CONSENT = "consent"
    # Just this one: another may be taken.
    MESSAGE = "message"
    # One of several spoilt it for all, and none was sent: ask for each alone.
    BATCH = "batch"


@dataclass(frozen=True, slots=True)
class Accepted:
    """The provider has it. `id` is the provider's, by which to ask what became of it."""

    id: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The provider won't take it, and surely didn't. `code` is the provider's own where it can be.

    Unless `permanent`, the same may be taken later.
    """

    code: str
    about: About
    permanent: bool = True


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something is wrong that isn't the message's fault.

    `may_be_accepted`: the provider may have it all the same, so it must not be sent again blindly.
    `needs_operator`: it won't get better by waiting (credentials, account).
    """

    code: str
    retry_after: timedelta | None = None
    may_be_accepted: bool = False
    needs_operator: bool = False


Result = Accepted | Refused | Trouble


@dataclass(frozen=True, slots=True)
class Push:
    """One notification for one device. Never shown again while `notification_id` is the same."""

    notification_id: str
    token: str
    title: str
    body: str
    # When it stops making sense; the provider drops it then.
    expires_at: datetime
    # For the app: where a tap leads, for instance. With title and body at most 4096 bytes.
    extra: Mapping[str, Any] = field(default_factory=dict)
    # Android shows nothing in a channel that the app doesn't know.
    channel: str | None = None
    urgent: bool = True


@dataclass(frozen=True, slots=True)
class Receipts:
    """What Apple and Google said, by ticket; no receipt yet: not in it.

    With trouble, what was found before it stands all the same.
    """

    found: Mapping[str, Result]
    trouble: Trouble | None = None


class Pusher(Protocol):
    """Pushes to devices."""

    def push(self, pushes: Sequence[Push]) -> list[Result]:
        """Send at most a hundred in one request; a result for each, in order."""

    def receipts(self, ticket_ids: Sequence[str]) -> Receipts:
        """Ask what became of pushes, some minutes and at most a day after."""


@dataclass(frozen=True, slots=True)
class Sms:
    """One notification as a text message. `to` is a number in E.164 form."""

    notification_id: str
    to: str
    body: str
    # The provider drops it then, if it could not be sent before.
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class TextState:
    """How far a text message has come at the provider: its own word for it.

    `refusal` says why it will come no further.
    """

    id: str
    status: str
    refusal: Refused | Trouble | None = None


class Texter(Protocol):
    """Sends text messages."""

    def text(self, sms: Sms, *, now: datetime) -> Result:
        """Send one."""

    def state(self, message_id: str) -> TextState | Trouble | None:
        """Ask how far one has come; None if the provider doesn't know it any more."""

    def find(self, to: str, *, body_hash: str, since: datetime) -> list[TextState] | Trouble:
        """Look for one that may have been accepted at or after `since`; all that it may be.

        `body_hash` is the SHA-256 of its text, in hexadecimal: the text itself need not be kept.
        If there are none it isn't listed, which may mean not yet: wait some minutes before
        believing it.
        """


@dataclass(frozen=True, slots=True)
class Email:
    """One notification as an email."""

    notification_id: str
    to: str
    subject: str
    text: str
    html: str | None = None
    # Where one click, or a machine's POST, ends mails of this kind (RFC 8058).
    unsubscribe_url: str | None = None


class Mailer(Protocol):
    """Sends email."""

    def mail(self, email: Email) -> Result:
        """Send one; accepted means that the relay has it."""
