"""Text messages as Twilio keeps and shows them."""

from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from typing import Any, Final

VERSION: Final = "2010-04-01"
STOP_WORDS: Final = frozenset({"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT"})
START_WORDS: Final = frozenset({"START", "YES", "UNSTOP"})
HELP_WORDS: Final = frozenset({"HELP", "INFO"})
SENT: Final = frozenset({"sent", "delivered", "undelivered"})


@dataclass(slots=True)
class Text:
    """A message that was taken, and how far it has come."""

    sid: str
    account: str
    to: str
    body: str
    created: datetime
    updated: datetime
    # A number, or a messaging service, which picks its number later.
    number: str | None
    service: str | None
    callback: str | None
    status: str
    sent: datetime | None = None
    error: int | None = None

    @property
    def sender(self) -> str:
        """Whom somebody says STOP to."""
        return self.service or self.number or ""

    @property
    def path(self) -> str:
        """Where it can be asked for, without the ending."""
        return f"/{VERSION}/Accounts/{self.account}/Messages/{self.sid}"

    def move(self, status: str, *, now: datetime, error: int | None) -> None:
        """Take it a step further."""
        self.status, self.updated, self.error = status, now, error
        if status in SENT and self.sent is None:
            self.sent = now

    def shown(self) -> dict[str, Any]:
        """Give what the API shows. Segments stay "0", as long as a service has picked no number."""
        return {
            "account_sid": self.account,
            "api_version": VERSION,
            "body": self.body,
            "date_created": _date(self.created),
            "date_sent": _date(self.sent),
            "date_updated": _date(self.updated),
            "direction": "outbound-api",
            "error_code": self.error,
            "error_message": None,
            "from": self.number,
            "messaging_service_sid": self.service,
            "num_media": "0",
            "num_segments": "0" if self.number is None else "1",
            "price": None,
            "price_unit": "USD",
            "sid": self.sid,
            "status": self.status,
            "subresource_uris": {"media": f"{self.path}/Media.json"},
            "to": self.to,
            "uri": f"{self.path}.json",
        }

    def reported(self) -> dict[str, str]:
        """Give the parameters of a callback."""
        said = {
            "AccountSid": self.account,
            "ApiVersion": VERSION,
            "MessageSid": self.sid,
            "MessageStatus": self.status,
            "SmsSid": self.sid,
            "SmsStatus": self.status,
            "To": self.to,
        }
        said |= {"From": self.number} if self.number else {}
        said |= {"MessagingServiceSid": self.service} if self.service else {}
        said |= {"ErrorCode": str(self.error)} if self.error else {}
        if self.status in {"delivered", "undelivered"}:
            said["RawDlrDoneDate"] = f"{self.updated:%y%m%d%H%M}"
        return said


def keyword(body: str) -> str | None:
    """Give what a message asks for: STOP, START, HELP; it must be the word and nothing else."""
    word = body.strip().upper()
    for meaning, words in (("STOP", STOP_WORDS), ("START", START_WORDS), ("HELP", HELP_WORDS)):
        if word in words:
            return meaning
    return None


def _date(at: datetime | None) -> str | None:
    return None if at is None else format_datetime(at)
