"""What tests of the sandbox and of the adapters share."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, Final
from urllib.parse import parse_qsl

from pydantic import SecretStr

from workers.providers.ports import Email, Push, Sms, TextState, Trouble
from workers.providers.twilio import TwilioAccount, TwilioTexter
from workers.sandbox import Sandbox
from workers.sandbox.journal import read_journal

NOW: Final = datetime(2026, 6, 1, 18, tzinfo=UTC)


class Clock:
    """Shows a time until it is moved."""

    def __init__(self, now: datetime = NOW) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, time: timedelta) -> None:
        self.now += time


def token(number: int = 1) -> str:
    return f"ExponentPushToken[{number:022d}]"


def push(number: int = 1, **changes: Any) -> Push:
    """One push; the notification's id is that of its number."""
    usual: dict[str, Any] = {
        "notification_id": f"n{number}",
        "token": token(number),
        "title": "You're in",
        "body": "Ana's dinner starts at eight.",
        "expires_at": NOW + timedelta(hours=2),
    }
    return Push(**usual | changes)


def pushes(numbers: Iterable[int]) -> list[Push]:
    return [push(number) for number in numbers]


def told(sandbox: Sandbox, provider: str) -> list[str]:
    """The notifications that a provider took, as often as it took them."""
    entries = sandbox.journal.read(provider)
    return [each["about"] for entry in entries for each in entry.accepted]


def sms(number: int = 1, **changes: Any) -> Sms:
    """One text message; each goes to a number of its own."""
    usual: dict[str, Any] = {
        "notification_id": f"n{number}",
        "to": f"+1415555{number:04d}",
        "body": "Momento: Ana's dinner starts at eight.",
        "expires_at": NOW + timedelta(hours=2),
    }
    return Sms(**usual | changes)


def find(texter: TwilioTexter, sms: Sms, *, since: datetime) -> TextState | Trouble | None:
    """Look for a text message of which no id is known; the first of those that match."""
    found = texter.find(sms.to, body_hash=sha256(sms.body.encode()).hexdigest(), since=since)
    return found if isinstance(found, Trouble) else next(iter(found), None)


def texter_for(sandbox: Sandbox, **changes: Any) -> TwilioTexter:
    """A texter with the account that the sandbox knows."""
    rules = sandbox.twilio.rules
    account = TwilioAccount(
        rules.account_sid,
        SecretStr(changes.pop("auth_token", rules.auth_token)),
        changes.pop("service_sid", rules.service_sid),
        changes.pop("callback_url", None),
    )
    return TwilioTexter(account, url=sandbox.twilio_server.url, **changes)


@contextmanager
def listening(status: int = 204) -> Iterator[tuple[str, list[tuple[str, dict[str, str]]]]]:
    """A URL of ours that a provider may call: what it was sent, with the signature."""
    heard: list[tuple[str, dict[str, str]]] = []

    class Ear(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            form = dict(parse_qsl(body, keep_blank_values=True))
            heard.append((self.path, form | {"signature": self.headers["X-Twilio-Signature"]}))
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Ear)
    thread = Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", heard
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def email(number: int = 1, **changes: Any) -> Email:
    """One email; each goes to an address of its own."""
    usual: dict[str, Any] = {
        "notification_id": f"n{number}",
        "to": f"guest{number}@example.com",
        "subject": "Your refund",
        "text": "Twenty euros are on their way.\n.\nMomento\n",
    }
    return Email(**usual | changes)


def told_in(journal: Path) -> list[str]:
    """The notifications that were taken, of a journal that another process has written."""
    return [each["about"] for entry in read_journal(journal) for each in entry.accepted]


def settings_for(sandbox: Sandbox) -> dict[str, str]:
    """With what environment senders speak to a sandbox, at a pace that keeps no test waiting."""
    rules = sandbox.twilio.rules
    return {
        "EXPO_URL": sandbox.expo_server.url,
        "TWILIO_URL": sandbox.twilio_server.url,
        "TWILIO_ACCOUNT_SID": rules.account_sid,
        "TWILIO_AUTH_TOKEN": rules.auth_token,
        "TWILIO_MESSAGING_SERVICE_SID": rules.service_sid,
        "TWILIO_MPS": "2000",
        "SMTP_URL": sandbox.smtp.url,
    }
