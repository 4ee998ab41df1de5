"""Gives orders to a running sandbox, by its SANDBOX_URL."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit

import requests
from pydantic import SecretStr

from workers.errors import CommandError
from workers.sandbox.callbacks import Called
from workers.sandbox.faults import Fault
from workers.sandbox.orders import Paid, PaidOrder
from workers.settings import Provider

# A text is answered once our webhook has been called, twice at most.
LIMIT_S: Final = 40


class SandboxClient:
    """A sandbox that runs in another process.

    Raises CommandError, which says why, if it doesn't answer or doesn't take an order.
    """

    def __init__(self, url: SecretStr) -> None:
        parts = urlsplit(url.get_secret_value())
        self._place = f"http://{parts.hostname}:{parts.port}"
        self._key = (parts.username or "", parts.password or "")

    def order(self, provider: Provider, fault: Fault) -> int:
        """Let the next requests to a provider meet a fault; how many will."""
        wait = fault.retry_after
        said = {
            "provider": provider,
            "kind": fault.kind,
            "times": fault.times,
            "accepts": fault.accepts,
            "retry_after_s": None if wait is None else wait.total_seconds(),
            "pause_s": fault.pause.total_seconds(),
        }
        return int(self._ask("POST", "/faults", json=said)["ordered"])

    def calm(self) -> int:
        """Let all be well again; how many requests would have met a fault."""
        return int(self._ask("DELETE", "/faults")["forgotten"])

    def text(self, number: str, body: str) -> Called:
        """Let somebody text us; what our webhook answered."""
        return Called(**self._ask("POST", "/inbound", json={"from": number, "body": body}))

    def pay(self, payments: Sequence[Paid]) -> int:
        """Let payments be made that nobody is told of; how many are new."""
        order = PaidOrder(payments=list(payments))
        return int(self._ask("POST", "/paid", json=order.model_dump())["paid"])

    def journal(
        self, *, after: int = 0, since: datetime | None = None, provider: Provider | None = None
    ) -> dict[str, Any]:
        """Give some `entries` of the journal, and where to read on: `next`, to be told as after."""
        asked = {
            "after": str(after),
            "since": None if since is None else since.isoformat(),
            "provider": provider,
        }
        return self._ask("GET", "/journal", params=asked)

    def _ask(self, method: str, path: str, **more: Any) -> dict[str, Any]:
        try:
            with requests.Session() as session:
                # A proxy of the environment can't reach what runs on this machine.
                session.trust_env = False
                answer = session.request(
                    method, f"{self._place}{path}", auth=self._key, timeout=LIMIT_S, **more
                )
                said: dict[str, Any] = answer.json()
        except (requests.RequestException, ValueError):
            message = f"No sandbox answers at {self._place}. Start it with `momento up`."
            raise CommandError(message) from None
        if answer.status_code != requests.codes.ok:
            raise CommandError(f"The sandbox refused: {said.get('error', answer.status_code)}")
        return said
