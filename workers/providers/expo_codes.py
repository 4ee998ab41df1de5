"""What Expo's answers ask for: of a request as a whole, of a ticket, of a receipt.

https://docs.expo.dev/push-notifications/sending-notifications/#errors
"""

from http import HTTPStatus
from typing import Any, Final

import requests

from workers.providers.ports import About, Accepted, Refused, Result, Trouble
from workers.providers.session import is_name, plain, trouble_of_status

TOO_MANY: Final = frozenset({"TOO_MANY_REQUESTS", "RATE_LIMIT_ERROR"})
# Codes of a whole request that one of its messages may have caused.
OF_THE_BATCH: Final = frozenset(
    {
        "API_ERROR",
        "PUSH_TOO_MANY_EXPERIENCE_IDS",
        "PUSH_TOO_MANY_NOTIFICATIONS",
        "VALIDATION_ERROR",
    }
)
OF_THE_PROJECT: Final = frozenset({"InvalidCredentials", "MismatchSenderId"})
OF_EXPO: Final = frozenset({"ExpoError", "ProviderError"})
NAMELESS: Final = "unnamed"


def meaning_of(response: requests.Response | None, errors: Any) -> Refused | Trouble:
    """Say what it means that a request as a whole was answered with no tickets."""
    if response is None or (response.status_code == HTTPStatus.OK and not _first_code(errors)):
        return Trouble("answer_malformed", may_be_accepted=True)
    status, header = response.status_code, response.headers.get("Retry-After")
    code = _first_code(errors) or f"http_{status}"
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return trouble_of_status(status, code, header=header)
    if code in TOO_MANY:
        return trouble_of_status(HTTPStatus.TOO_MANY_REQUESTS, code, header=header)
    if code == "UNAUTHORIZED":
        return Trouble(code, needs_operator=True)
    if status == HTTPStatus.BAD_REQUEST or code in OF_THE_BATCH:
        return Refused(code, About.BATCH, permanent=False)
    return trouble_of_status(status, code, header=header)


def _first_code(errors: Any) -> str:
    first = errors[0] if isinstance(errors, list) and errors else None
    return plain(first.get("code"), "") if isinstance(first, dict) else ""


def judged(said: Any) -> Result:
    """Say what a ticket or a receipt means."""
    if said.is_success():
        if is_name(said.id):
            return Accepted(said.id)
        return Trouble("ticket_without_id", may_be_accepted=True)
    details = said.details if isinstance(said.details, dict) else {}
    code = plain(details.get("error"), NAMELESS)
    if code == "DeviceNotRegistered":
        return Refused(code, About.ADDRESS)
    if code in OF_THE_PROJECT:
        return Trouble(code, needs_operator=True)
    if code in OF_EXPO:
        return Trouble(code)
    return Refused(code, About.MESSAGE, permanent=code != "MessageRateExceeded")
