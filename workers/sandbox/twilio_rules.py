"""What Twilio takes and what it finds: our account, the faults of a request, the list's filters."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

from workers.sandbox.texts import Text

E164: Final = re.compile(r"\+[1-9][0-9]{6,14}")
LONGEST: Final = 1_600
LONGEST_VALIDITY_S: Final = 36_000


@dataclass(frozen=True, slots=True)
class TwilioRules:
    """Our account there."""

    account_sid: str = "AC" + "0" * 32
    auth_token: str = "sandbox"  # noqa: S105
    service_sid: str = "MG" + "0" * 32
    # What people write to, and where that is told to us.
    number: str = "+15005550006"
    inbound_url: str | None = None
    # Advanced Opt-Out: what was understood is said in OptOutType.
    says_opt_out: bool = True
    # Errors in the form of RFC 9457, as newer APIs of theirs give them.
    problem_details: bool = False
    # How long the list doesn't show a new message yet.
    listed_after: timedelta = timedelta(0)


def fault_of(form: Mapping[str, str], rules: TwilioRules) -> int | None:
    """Give the code with which a message is refused for what it says, or None."""
    to, body = form.get("To", ""), form.get("Body", "")
    service, number = form.get("MessagingServiceSid"), form.get("From")
    checks = [
        (not to, 21604),
        (not (service or number), 21603),
        (not body, 21602),
        (E164.fullmatch(to) is None, 21211),
        (len(body) > LONGEST, 21617),
        (service is not None and service != rules.service_sid, 21701),
        (service is None and number != rules.number, 21606),
        (not _is_callback(form.get("StatusCallback")), 21609),
        (not _is_validity(form.get("ValidityPeriod")), 20001),
    ]
    return next((code for wrong, code in checks if wrong), None)


def _is_callback(url: str | None) -> bool:
    if url is None:
        return True
    parts = urlsplit(url)
    host = parts.hostname or ""
    return parts.scheme in {"http", "https"} and host != "" and "_" not in host


def _is_validity(seconds: str | None) -> bool:
    if seconds is None:
        return True
    return seconds.isdecimal() and 1 <= int(seconds) <= LONGEST_VALIDITY_S


def matches(text: Text, wanted: Mapping[str, str]) -> bool:
    """Whether the list shows a message; one that wasn't sent yet has no date to be found by."""
    if wanted.get("To", text.to) != text.to:
        return False
    if "From" in wanted and wanted["From"] != text.number:
        return False
    days = {name: _day(wanted[name]) for name in DATES if name in wanted}
    if days and text.sent is None:
        return False
    sent = text.sent
    return all(sent is not None and DATES[name](sent.date(), day) for name, day in days.items())


DATES: Final[Mapping[str, Callable[[date, date], bool]]] = {
    "DateSent": lambda sent, day: sent == day,
    "DateSent<": lambda sent, day: sent <= day,
    "DateSent>": lambda sent, day: sent >= day,
}


def _day(text: str) -> date:
    return datetime.fromisoformat(text).date()
