"""SMS through Twilio with its Python package, around that package's traps.

- There is no idempotency key: after a time-out or an answer 5xx the message may exist, and `find`
  looks for it.
- There are no time-outs by default, and none for the whole of a request: the session has one.
- Errors come in three classes with one base, and those of a list say nothing but the response.
- An exception holds neither Retry-After nor, of newer APIs, the class that one would expect.
- Every request is logged, with the numbers that a list is asked for: not here.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any, Final, TypeVar
from urllib.parse import urlencode

from pydantic import SecretStr
from twilio.base.exceptions import (
    TwilioException,
    TwilioRestException,
    TwilioServiceException,
)
from twilio.rest import Client

from domain.notifications.addresses import hash_text
from workers.providers.ports import Accepted, Refused, Result, Sms, TextState, Trouble
from workers.providers.session import (
    UNREADABLE,
    FailedError,
    is_name,
    trouble_of_status,
    trouble_on_the_way,
)
from workers.providers.twilio_codes import NO_SUCH, meaning_of
from workers.providers.twilio_http import TwilioHttp

URL: Final = "https://api.twilio.com"
LIMIT: Final = timedelta(seconds=10)
# Twilio takes so much and no more; what is left must be more than five seconds.
SHORTEST_VALIDITY, LONGEST_VALIDITY = timedelta(seconds=6), timedelta(hours=10)
# By how much their clock and ours may differ; theirs shows whole seconds.
SKEW: Final = timedelta(minutes=1)
# Of one number's messages, newest first: enough for what was sent since a crash.
LISTED: Final = 200
# Our callbacks may be repeated: three times, whatever went wrong.
RETRIES: Final = "#rc=3&rp=all"

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class TwilioAccount:
    """Who we are there.

    `callback_url` is ours as Twilio sees it; `?notification=` says which notification it is about,
    so that a callback proves that a message exists whose answer was lost.
    """

    sid: str
    auth_token: SecretStr
    service_sid: str
    callback_url: str | None = None


class TwilioTexter:
    """Speaks to Twilio, or to whatever stands in at another URL."""

    def __init__(self, account: TwilioAccount, *, url: str = URL, limit: timedelta = LIMIT) -> None:
        self._account = account
        self._http = TwilioHttp(url, limit)
        token = account.auth_token.get_secret_value()
        self._client = Client(account.sid, token, http_client=self._http)

    def text(self, sms: Sms, *, now: datetime) -> Result:
        """Send one message; asks once."""
        validity = min(max(sms.expires_at - now, SHORTEST_VALIDITY), LONGEST_VALIDITY)
        asked: dict[str, Any] = {
            "to": sms.to,
            "body": sms.body,
            "messaging_service_sid": self._account.service_sid,
            "validity_period": int(validity.total_seconds()),
        }
        if self._account.callback_url is not None:
            about = urlencode({"notification": sms.notification_id})
            asked["status_callback"] = f"{self._account.callback_url}?{about}{RETRIES}"
        try:
            made = self._call(lambda: self._client.messages.create(**asked))
        except FailedError as failed:
            return failed.result
        if not is_name(made.sid):
            return Trouble("answer_malformed", may_be_accepted=True)
        return Accepted(made.sid)

    def state(self, message_id: str) -> TextState | Trouble | None:
        """Ask how far a message has come; None if it isn't there, or not any more."""
        try:
            return _state(self._call(lambda: self._client.messages(message_id).fetch()))
        except FailedError as failed:
            return None if failed.result.code == NO_SUCH else _as_trouble(failed.result)
        except TypeError:
            return Trouble("answer_malformed")

    def find(self, to: str, *, body_hash: str, since: datetime) -> list[TextState] | Trouble:
        """Look for a message by its number, text and time; those that match, oldest first."""
        try:
            # By the number alone: one that wasn't sent yet has no date to be found by.
            listed = self._call(lambda: self._client.messages.list(to=to, limit=LISTED))
            states = [
                _state(each)
                for each in listed
                if hash_text(str(each.body)) == body_hash and each.date_created >= since - SKEW
            ]
        except FailedError as failed:
            return _as_trouble(failed.result)
        except TypeError:
            return Trouble("answer_malformed")
        return states[::-1]

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _call(self, ask: Callable[[], _T]) -> _T:
        """Let the package ask; raises FailedError for all that it raises."""
        try:
            return ask()
        except TwilioException as error:
            raise FailedError(_meaning(error, self._http.retry_after)) from None
        except UNREADABLE as error:
            raise FailedError(trouble_on_the_way(error)) from None


def _meaning(error: TwilioException, header: str | None) -> Refused | Trouble:
    if isinstance(error, TwilioRestException | TwilioServiceException):
        status, code = error.status, error.code
    else:
        # Of a list: only the response, as the second argument.
        response = error.args[1] if len(error.args) > 1 else None
        status, code = getattr(response, "status_code", 0), None
    if status < HTTPStatus.BAD_REQUEST or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return trouble_of_status(status, f"http_{status}", header=header)
    # Without a code of Twilio's own the package gives the status instead.
    if status == HTTPStatus.TOO_MANY_REQUESTS or not isinstance(code, int) or code == status:
        return trouble_of_status(status, str(code or f"http_{status}"), header=header)
    return meaning_of(code)


def _state(made: Any) -> TextState:
    """Read how far a message has come; raises TypeError for one that has no name."""
    if not is_name(made.sid):
        raise TypeError
    refusal = meaning_of(made.error_code) if isinstance(made.error_code, int) else None
    return TextState(str(made.sid), str(made.status), refusal)


def _as_trouble(result: Refused | Trouble) -> Trouble:
    """Asking can't be a message's fault, and sends nothing."""
    if isinstance(result, Trouble):
        return replace(result, may_be_accepted=False)
    return Trouble(result.code, needs_operator=True)
