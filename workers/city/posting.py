"""Posts a history to the gateway over HTTP, as any service would."""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from types import TracebackType
from typing import Any, Final, Self

from domain.envelope import Envelope
from workers.city.diary import as_cloud_event
from workers.errors import CommandError

PATH: Final = "/v1/events"
MEDIA_TYPE: Final = "application/cloudevents-batch+json"
BATCH: Final = 500
ANSWER_WITHIN: Final = timedelta(seconds=30)
# How often a gateway that is busy is asked again, and how long it may ask us to wait each time.
TRIES: Final = 10
LONGEST_WAIT_S: Final = 5.0
BUSY: Final = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)


class GatewayError(CommandError):
    """The gateway is away, or doesn't take what it is given; one line says why."""


@dataclass(frozen=True, slots=True)
class Posted:
    """How many domain events were new, and how many were known already."""

    accepted: int = 0
    duplicates: int = 0

    def __add__(self, other: "Posted") -> "Posted":
        return Posted(self.accepted + other.accepted, self.duplicates + other.duplicates)


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    retry_after_s: float
    body: Any


class Gateway:
    """One connection to a gateway, for as long as a history takes. `key` is an API key."""

    def __init__(self, host: str, port: int, *, key: str) -> None:
        self._place = f"http://{host}:{port}{PATH}"
        self._connection = HTTPConnection(host, port, timeout=ANSWER_WITHIN.total_seconds())
        self._key = key

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._connection.close()

    def post(self, told: Sequence[Envelope]) -> Posted:
        """Post a history in batches, in its order; raises GatewayError when one isn't taken."""
        posted = Posted()
        for start in range(0, len(told), BATCH):
            posted += self._post_batch(told[start : start + BATCH])
        return posted

    def _post_batch(self, batch: Sequence[Envelope]) -> Posted:
        """Post all of a batch or none of it; a busy gateway is asked again."""
        body = json.dumps([as_cloud_event(said) for said in batch]).encode()
        for _ in range(TRIES):
            answer = self._ask(body)
            if answer.status not in BUSY:
                break
            time.sleep(min(answer.retry_after_s, LONGEST_WAIT_S))
        if answer.status != HTTPStatus.ACCEPTED:
            raise GatewayError(self._explained(answer))
        return Posted(answer.body["accepted"], answer.body["duplicates"])

    def _ask(self, body: bytes) -> _Answer:
        headers = {"Content-Type": MEDIA_TYPE, "Authorization": f"Bearer {self._key}"}
        try:
            self._connection.request("POST", PATH, body, headers)
            response = self._connection.getresponse()
            said = response.read()
        except (OSError, HTTPException) as error:
            message = (
                f"The gateway at {self._place} doesn't answer ({type(error).__name__})."
                " Start the system with `momento up`, and try again."
            )
            raise GatewayError(message) from None
        wait = response.headers.get("Retry-After", "1")
        return _Answer(response.status, float(wait) if wait.isdigit() else 1.0, _read(said))

    def _explained(self, answer: _Answer) -> str:
        """Say in one line what the gateway has against it."""
        if answer.status == HTTPStatus.UNAUTHORIZED:
            return f"The gateway at {self._place} refuses the API key: wrong, or revoked."
        detail = answer.body.get("detail") if isinstance(answer.body, dict) else None
        if answer.status == HTTPStatus.FORBIDDEN:
            return f"The API key may not publish every type: {detail or 'forbidden'}"
        return (
            f"The gateway at {self._place} answered {answer.status}: {detail or 'no reason given'}"
        )


def _read(said: bytes) -> Any:
    try:
        return json.loads(said)
    except ValueError:
        return None
