"""Expo's push service, as its documentation says and its own SDKs expect it.

https://docs.expo.dev/push-notifications/sending-notifications/
"""

import json
import re
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import uuid4

from workers.sandbox.expo_messages import RefusalError, failed, pushes_of, size_of
from workers.sandbox.http import Answer, Asked
from workers.sandbox.journal import Entry

SEND: Final = "/--/api/v2/push/send"
RECEIPTS: Final = "/--/api/v2/push/getReceipts"
MOST_MESSAGES, MOST_RECEIPTS, MOST_BYTES = 100, 1_000, 4_096
RECEIPTS_LAST: Final = timedelta(hours=24)
TOKEN: Final = re.compile(
    r"Expo(nent)?PushToken\[[^\[\]]+\]|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE
)
OUR_PROJECT: Final = "@momento/app"
WINDOW: Final = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class ExpoRules:
    """What a project has set, and how fast things go."""

    # Set: enhanced push security is on.
    access_token: str | None = None
    per_second: int = 600
    receipts_after: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True)
class _Kept:
    """A push that was accepted."""

    at: datetime
    # What its receipt will say: an error, or null for all is well.
    error: str | None


class Expo:
    """What Expo knows: tokens that are gone, tickets that it gave, and how much was just sent."""

    name = "expo"

    def __init__(self, rules: ExpoRules, clock: Callable[[], datetime]) -> None:
        self.rules = rules
        self._clock = clock
        self._kept: dict[str, _Kept] = {}
        self._errors: dict[str, tuple[str, str]] = {}
        self._projects: dict[str, str] = {}
        self._recent: deque[tuple[datetime, int]] = deque()

    def spoil(self, token: str, error: str = "DeviceNotRegistered", *, at: str = "ticket") -> None:
        """Let pushes to a token fail from now on, at the `ticket` or at the `receipt`.

        An empty error is one without a code, which happens.
        """
        self._errors[token] = (at, error)

    def mend(self, token: str) -> None:
        """Let a token work again."""
        self._errors.pop(token, None)

    def give_away(self, token: str, project: str) -> None:
        """Let a token belong to another project than ours."""
        self._projects[token] = project

    def said(self, asked: Asked) -> Any:
        """What was asked, for the journal; credentials are left out."""
        try:
            return json.loads(asked.body)
        except (ValueError, RecursionError):
            return None

    def trouble(self, status: int) -> Any:
        """Give the body of an answer that is no good."""
        codes = {429: "TOO_MANY_REQUESTS", 400: "VALIDATION_ERROR"}
        return RefusalError(status, codes.get(status, "INTERNAL_SERVER_ERROR")).body

    def spoilt(self, asked: Asked, answer: Answer) -> None:
        """Forget it: nothing is answered again."""

    def remember(self, entry: Entry) -> None:
        """Take up the tickets of an earlier run."""
        for each in entry.accepted:
            self._kept[each["id"]] = _Kept(entry.at, each["error"])

    def answer(self, asked: Asked) -> Answer:
        """Send pushes or give receipts."""
        try:
            if refusal := self._unauthorised(asked.headers.get("authorization")):
                return refusal
            if (asked.method, asked.path) == ("POST", SEND):
                return self._send(self.said(asked))
            if (asked.method, asked.path) == ("POST", RECEIPTS):
                return Answer(200, {"data": dict(self._receipts(self.said(asked)))})
        except RefusalError as refusal:
            return Answer(refusal.status, refusal.body)
        return Answer(404, RefusalError(404, "NOT_FOUND").body)

    def _unauthorised(self, header: str | None) -> Answer | None:
        if self.rules.access_token is None or header == f"Bearer {self.rules.access_token}":
            return None
        if header is None:
            raise RefusalError(401, "UNAUTHORIZED")
        # Neither `data` nor `errors`: this comes from before the push service.
        said = {"error": "invalid_token", "error_description": "The bearer token is invalid"}
        return Answer(401, said)

    def _send(self, said: Any) -> Answer:
        messages = said if isinstance(said, list) else [said]
        pushes = [push for message in messages for push in pushes_of(message)]
        if not pushes:
            raise RefusalError(400, "VALIDATION_ERROR")
        self._refuse_too_many(pushes)
        answered = [self._ticket(token, message) for token, message in pushes]
        tickets = [ticket for ticket, _ in answered]
        accepted = [kept for _, kept in answered if kept is not None]
        alone = isinstance(said, dict) and isinstance(said["to"], str)
        return Answer(200, {"data": tickets[0] if alone else tickets}, accepted)

    def _refuse_too_many(self, pushes: list[tuple[str, dict[str, Any]]]) -> None:
        if len(pushes) > MOST_MESSAGES:
            raise RefusalError(400, "PUSH_TOO_MANY_NOTIFICATIONS")
        projects: dict[str, list[str]] = {}
        for token, _ in pushes:
            projects.setdefault(self._projects.get(token, OUR_PROJECT), []).append(token)
        if len(projects) > 1:
            raise RefusalError(400, "PUSH_TOO_MANY_EXPERIENCE_IDS", details=projects)
        now = self._clock()
        while self._recent and self._recent[0][0] <= now - WINDOW:
            self._recent.popleft()
        if sum(count for _, count in self._recent) + len(pushes) > self.rules.per_second:
            raise RefusalError(429, "TOO_MANY_REQUESTS")
        self._recent.append((now, len(pushes)))

    def _ticket(
        self, token: str, message: dict[str, Any]
    ) -> tuple[dict[str, Any], dict[str, Any] | None]:
        """Give (ticket, what the journal keeps if the push was accepted)."""
        at, error = self._errors.get(token, ("", None))
        if TOKEN.fullmatch(token) is None:
            at, error = "ticket", "DeviceNotRegistered"
        elif size_of(message) > MOST_BYTES:
            at, error = "ticket", "MessageTooBig"
        if at == "ticket":
            return failed(error or "", token), None
        ticket_id = str(uuid4())
        self._kept[ticket_id] = _Kept(self._clock(), error)
        kept = {"id": ticket_id, "to": token, "about": message.get("collapseId")}
        return {"status": "ok", "id": ticket_id}, kept | {"error": error}

    def _receipts(self, said: Any) -> Iterator[tuple[str, dict[str, Any]]]:
        """Give the receipts that there are; who is unknown, too new or too old is left out."""
        ids = said.get("ids") if isinstance(said, dict) else None
        if not isinstance(ids, list) or not all(isinstance(each, str) for each in ids):
            raise RefusalError(400, "VALIDATION_ERROR")
        if len(ids) > MOST_RECEIPTS:
            raise RefusalError(400, "PUSH_TOO_MANY_RECEIPTS")
        now = self._clock()
        for each in ids:
            kept = self._kept.get(each)
            if kept and self.rules.receipts_after <= now - kept.at < RECEIPTS_LAST:
                yield each, {"status": "ok"} if kept.error is None else failed(kept.error, None)
