"""What tests of the sandbox and of the adapters share."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from workers.providers.ports import Push
from workers.sandbox import Sandbox

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
