"""Orders for a running sandbox over HTTP: faults, what people text us, and a look at the journal.

    GET /journal?after=0&since=2026-01-31T18:00:00Z&provider=expo
    POST /faults {"provider": "expo", "kind": "hang", "times": 2}    DELETE /faults
    POST /inbound {"from": "+14155550001", "body": "STOP"}
    POST /paid {"payments": [{"payment_intent": "pi_1", "amount": 500}]}

Only this machine can reach it, and only who knows SANDBOX_URL, which holds a key, is heard. A page
in a browser isn't, whatever name it calls us by (DNS rebinding) and whatever it knows.
"""

import base64
import hmac
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import ThreadingHTTPServer
from threading import Thread
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from pydantic import SecretStr, ValidationError

from workers.sandbox.callbacks import Called
from workers.sandbox.channel import Channel, Quiet
from workers.sandbox.faults import TELLING
from workers.sandbox.http import HOST
from workers.sandbox.journal import page_of
from workers.sandbox.orders import FaultOrder, JournalQuestion, PaidOrder, TextOrder, fault_in
from workers.sandbox.running import Sandbox
from workers.settings import Provider, SettingsError

USER: Final = "sandbox"


@dataclass(frozen=True, slots=True)
class Place:
    """Where orders are taken, and the key that whoever gives one must know."""

    port: int
    key: str


def place_in(url: SecretStr) -> Place:
    """Read SANDBOX_URL; raises SettingsError unless it is on this machine and has a key."""
    parts = urlsplit(url.get_secret_value())
    if parts.hostname != HOST or parts.username != USER or not parts.password or not parts.port:
        message = f"SANDBOX_URL: must be of the form http://{USER}:KEY@{HOST}:PORT."
        raise SettingsError(message)
    return Place(parts.port, parts.password)


class RefusedError(Exception):
    """An order that isn't taken: the status, and why."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


@contextmanager
def taking_orders(
    sandbox: Sandbox, place: Place, *, providers: frozenset[Provider]
) -> Iterator[None]:
    """Take orders about these providers in threads of this process until the block ends."""
    control = _Control(sandbox, place, providers=providers)

    class Handler(Channel):
        def answer(self, body: bytes | None) -> None:
            self.write(*control.answer(self, body))

    class Server(Quiet, ThreadingHTTPServer):
        pass

    server = Server((HOST, place.port), Handler)
    thread = Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Control:
    """Does what is asked, if it may be."""

    def __init__(self, sandbox: Sandbox, place: Place, *, providers: frozenset[Provider]) -> None:
        self._sandbox = sandbox
        self._hosts = {f"{name}:{place.port}" for name in (HOST, "localhost")}
        known = base64.b64encode(f"{USER}:{place.key}".encode()).decode()
        self._authorization = f"Basic {known}".encode()
        self._faults = {
            name: faults for name, faults in sandbox.faults().items() if name in providers
        }
        self._ways: dict[tuple[str, str], Callable[[str, bytes], Any]] = {
            ("GET", "/journal"): self._journal,
            ("POST", "/faults"): self._order,
            ("DELETE", "/faults"): self._calm,
            ("POST", "/inbound"): self._text,
            ("POST", "/paid"): self._pay,
        }

    def answer(self, channel: Channel, body: bytes | None) -> tuple[int, Any]:
        """Give the status and what to say."""
        parts = urlsplit(channel.path)
        try:
            self._refuse_pages(channel)
            if (channel.command, parts.path) == ("GET", "/readyz"):
                return 200, {}
            self._refuse_strangers(channel, body)
            way = self._ways.get((channel.command, parts.path), _nothing)
            return 200, way(parts.query, body or b"")
        except ValidationError as error:
            return 400, {"error": _faults_of(error)}
        except RefusedError as refused:
            return refused.status, {"error": str(refused)}

    def _refuse_pages(self, channel: Channel) -> None:
        """Refuse a browser's page, which could come by another name that leads here."""
        if channel.headers.get_all("Host", []) not in [[host] for host in self._hosts]:
            raise RefusedError(403, "Host must be that of SANDBOX_URL.")
        site = channel.headers.get("Sec-Fetch-Site", "none")
        if channel.headers.get("Origin") is not None or site != "none":
            raise RefusedError(403, "Pages of a browser are not heard.")

    def _refuse_strangers(self, channel: Channel, body: bytes | None) -> None:
        said = channel.headers.get("Authorization", "").encode(errors="replace")
        if not hmac.compare_digest(said, self._authorization):
            raise RefusedError(403, "The key is missing or wrong; SANDBOX_URL holds it.")
        if body is None:
            raise RefusedError(400, "The body is too long, or of a length that isn't said.")
        kind = channel.headers.get_content_type()
        if channel.command == "POST" and kind != "application/json":
            raise RefusedError(415, "Content-Type must be application/json.")

    def _journal(self, query: str, _body: bytes) -> Any:
        asked = JournalQuestion.model_validate_strings(dict(parse_qsl(query)))
        page = page_of(self._sandbox.journal.path, after=asked.after)
        entries = [entry.said() for entry in page.entries if asked.wants(entry)]
        return {"entries": entries, "next": page.next}

    def _order(self, _query: str, body: bytes) -> Any:
        order = FaultOrder.model_validate_json(body)
        self._refuse_absent(order.provider)
        is_telling = order.kind in TELLING
        faults = self._sandbox.stripe.webhook_faults if is_telling else self._faults[order.provider]
        faults.order(fault_in(order))
        return {"ordered": order.times}

    def _calm(self, _query: str, _body: bytes) -> Any:
        listed = [*self._faults.values(), self._sandbox.stripe.webhook_faults]
        return {"forgotten": sum(faults.forget() for faults in listed)}

    def _text(self, _query: str, body: bytes) -> Any:
        text = TextOrder.model_validate_json(body)
        self._refuse_absent("twilio")
        called = self._sandbox.twilio.receive(text.number, text.body) or Called(None, 0)
        return {"status": called.status, "attempts": called.attempts}

    def _pay(self, _query: str, body: bytes) -> Any:
        order = PaidOrder.model_validate_json(body)
        self._refuse_absent("stripe")
        return {"paid": self._sandbox.stripe.know(order.payments)}

    def _refuse_absent(self, provider: Provider) -> None:
        if provider not in self._faults:
            raise RefusedError(409, f"The sandbox doesn't stand in for {provider} here.")


def _nothing(_query: str, _body: bytes) -> Any:
    raise RefusedError(404, "There is nothing of the kind to ask or to order.")


def _faults_of(error: ValidationError) -> str:
    """Say what is wrong with an order, without repeating it."""
    faults = error.errors(include_url=False, include_context=False, include_input=False)
    said = (f"{'.'.join(map(str, each['loc'])) or 'body'}: {each['msg']}" for each in faults)
    return "; ".join(said)
