"""Push through Expo with its Python package, around that package's traps.

- `publish_multiple` drops messages of a generator, and loses the first tickets of a call when a
  later request fails: it gets one list of at most a hundred.
- It has no time-outs, no access token and no fields for `collapseId` and `tag`: the session and
  the message below have.
- `check_receipts` ignores the session and the limit: only `check_receipts_multiple` is called.
- A status arrives as one of two exceptions, or as neither: the response decides.
"""

import json
import re
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, Final

import requests
from exponent_server_sdk import PushClient, PushMessage, PushServerError, PushTicket
from pydantic import SecretStr

from workers.providers.expo_codes import judged, meaning_of
from workers.providers.ports import About, Push, Receipts, Refused, Result, Trouble
from workers.providers.session import (
    Bearer,
    make_session,
    trouble_on_the_way,
)

URL: Final = "https://exp.host"
MOST_PUSHES: Final = 100
# Expo allows 1000; its own SDK for Node asks for 300.
RECEIPTS_A_PAGE: Final = 300
LIMIT: Final = timedelta(seconds=15)
# As many as Expo recommends at most.
CONNECTIONS: Final = 6
TOKEN: Final = re.compile(r"Expo(nent)?PushToken\[[^\[\]\s]+\]")
HEADERS: Final = {"Accept": "application/json", "Content-Type": "application/json"}
# What the package lets through when there is no answer, or one of another shape.
UNREADABLE: Final = (OSError, TypeError, AttributeError, LookupError, ValueError, RecursionError)


class _BrokenError(Exception):
    """The request failed; `result` is what that means for each message."""

    def __init__(self, result: Refused | Trouble) -> None:
        super().__init__(result.code)
        self.result = result


class _Message(PushMessage):  # type: ignore[misc]
    """A message with fields that the package doesn't know."""

    push: Push

    def get_payload(self) -> dict[str, Any]:
        """Give what is sent. A push that comes twice takes its own place, and is shown once."""
        push = self.push
        payload = {
            "to": push.token,
            "title": push.title,
            "body": push.body,
            "data": dict(push.extra) | {"notification_id": push.notification_id},
            "sound": "default",
            "expiration": int(push.expires_at.timestamp()),
            "priority": "high" if push.urgent else "normal",
            "collapseId": push.notification_id,
            "tag": push.notification_id,
        }
        return payload if push.channel is None else payload | {"channelId": push.channel}


class ExpoPusher:
    """Speaks to Expo, or to whatever stands in at another URL."""

    def __init__(
        self, access_token: SecretStr | None, *, url: str = URL, limit: timedelta = LIMIT
    ) -> None:
        self._session = make_session(url, limit, connections=CONNECTIONS)
        self._session.headers.update(HEADERS)
        if access_token is not None:
            self._session.auth = Bearer(access_token.get_secret_value())
        self._client = PushClient(
            host=url.rstrip("/"),
            session=self._session,
            timeout=limit.total_seconds(),
            max_message_count=MOST_PUSHES,
            max_receipt_count=RECEIPTS_A_PAGE,
        )

    def push(self, pushes: Sequence[Push]) -> list[Result]:
        """Send at most a hundred in one request; a result for each, in order.

        What can't be a token isn't sent: it would be refused, or spoil the others.
        """
        if len(pushes) > MOST_PUSHES:
            raise ValueError(f"Expo takes {MOST_PUSHES} pushes a request, not {len(pushes)}.")
        sendable = [push for push in pushes if TOKEN.fullmatch(push.token)]
        sent = iter(self._send(sendable))
        malformed = Refused("token_malformed", About.ADDRESS)
        return [next(sent) if TOKEN.fullmatch(push.token) else malformed for push in pushes]

    def receipts(self, ticket_ids: Sequence[str]) -> Receipts:
        """Ask a page at a time; trouble ends it, and what was found so far stands."""
        found: dict[str, Result] = {}
        # A ticket that was refused has no id, and the package would ask for "".
        asked = [each for each in ticket_ids if each]
        known = set(asked)
        for start in range(0, len(asked), RECEIPTS_A_PAGE):
            page = [_ticket(each) for each in asked[start : start + RECEIPTS_A_PAGE]]
            try:
                answered = self._call(self._client.check_receipts_multiple, page)
                found |= {each.id: judged(each) for each in answered if each.id in known}
            except _BrokenError as broken:
                return Receipts(found, _as_trouble(broken.result))
        return Receipts(found)

    def _send(self, pushes: Sequence[Push]) -> list[Result]:
        if not pushes:
            return []
        messages = [_message(push) for push in pushes]
        # What isn't JSON is our mistake, and must not look like one in the answer.
        json.dumps([message.get_payload() for message in messages])
        try:
            # The package checks that there are as many tickets as messages.
            tickets = self._call(self._client.publish_multiple, messages)
        except _BrokenError as broken:
            result = broken.result
            if len(pushes) == 1 and isinstance(result, Refused):
                result = Refused(result.code, About.MESSAGE)
            return [result] * len(pushes)
        return [judged(ticket) for ticket in tickets]

    def _call(self, ask: Callable[[list[Any]], list[Any]], of: list[Any]) -> list[Any]:
        """Let the package ask; raises _BrokenError for all that it raises."""
        try:
            return ask(of)
        except PushServerError as error:
            raise _BrokenError(meaning_of(error.response, error.errors)) from None
        except requests.HTTPError as error:
            raise _BrokenError(meaning_of(error.response, None)) from None
        except UNREADABLE as error:
            raise _BrokenError(trouble_on_the_way(error)) from None

    def close(self) -> None:
        """Close the connections."""
        self._session.close()


def _message(push: Push) -> _Message:
    message = _Message(to=push.token)
    message.push = push
    return message


def _ticket(ticket_id: str) -> PushTicket:
    return PushTicket(push_message=None, status="ok", message="", details=None, id=ticket_id)


def _as_trouble(result: Refused | Trouble) -> Trouble:
    """Asking for receipts can't be a message's fault: what is refused there is a bug of ours."""
    if isinstance(result, Trouble):
        return result
    return Trouble(result.code, needs_operator=True)
