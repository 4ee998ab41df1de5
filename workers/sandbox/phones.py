"""What reached the sandbox last, phone by phone: for those who want to see how it looks.

Where it went is told by its last characters alone. Nothing here reached anybody.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from domain.tables.notifications import Channel
from workers.sandbox.journal import Entry, page_of

# The end of the journal that is read, however long it is.
READ_BYTES: Final = 512 * 1024
MOST_ENTRIES: Final = 4_000
_SEND: Final = "/push/send"
_TAIL: Final = 4
_CHANNELS: Final = {"expo": Channel.PUSH, "twilio": Channel.SMS, "smtp": Channel.EMAIL}


@dataclass(frozen=True, slots=True)
class Message:
    """What somebody would have read, and when; `about` is the notification, if it is known."""

    at: datetime
    title: str
    body: str
    was_taken: bool
    about: str | None


@dataclass(frozen=True, slots=True)
class Phone:
    """Somebody's phone or mailbox, told by the end of its address; the newest message first."""

    channel: Channel
    name: str
    messages: list[Message] = field(default_factory=list)


def phones(journal: Path, channel: Channel | None = None) -> list[Phone]:
    """Give those that something was sent to last, the newest first; of one channel if named."""
    size = journal.stat().st_size if journal.exists() else 0
    entries = page_of(journal, after=max(0, size - READ_BYTES), most=MOST_ENTRIES).entries
    found: dict[tuple[Channel, str], Phone] = {}
    for entry in reversed(entries):
        kind = _CHANNELS.get(entry.provider)
        if kind is None or channel not in (None, kind):
            continue
        for to, message in _messages(entry):
            phone = found.setdefault((kind, to), Phone(kind, _name(kind, to)))
            phone.messages.append(message)
    return list(found.values())


def _messages(entry: Entry) -> Iterator[tuple[str, Message]]:
    """Give (to whom, what) of a request; what was not taken is told as such."""
    about: dict[str, list[str | None]] = {}
    for each in entry.accepted:
        about.setdefault(str(each.get("to")), []).append(_identity(each.get("about")))
    for to, title, body in _parts(entry):
        waiting = about.get(to)
        was_taken = bool(waiting)
        yield to, Message(entry.at, title, body, was_taken, waiting.pop(0) if waiting else None)


def _parts(entry: Entry) -> Iterator[tuple[str, str, str]]:
    asked = entry.asked
    if entry.provider == "expo" and entry.what.endswith(_SEND):
        for each in asked if isinstance(asked, list) else [asked]:
            if isinstance(each, Mapping):
                to = each.get("to")
                for token in to if isinstance(to, list) else [to]:
                    yield _text(token), _text(each.get("title")), _text(each.get("body"))
    elif not isinstance(asked, Mapping):
        return
    elif entry.provider == "twilio" and entry.what.startswith("POST") and asked.get("To"):
        yield _text(asked["To"]), "", _text(asked.get("Body"))
    elif entry.provider == "smtp" and entry.what == "DATA":
        subject = _text(_of(asked.get("headers"), "Subject"))
        for to in asked.get("to") or ():
            yield _text(to), subject, _text(asked.get("text"))


def _name(channel: Channel, to: str) -> str:
    """The end of an address: of a mailbox its first letter, or it would be known by its domain."""
    if channel is Channel.EMAIL:
        return f"mailbox {to[:1]}…"
    end = to.rstrip("]")[-_TAIL:]
    return f"{'phone' if channel is Channel.PUSH else 'number'} …{end}"


def _identity(value: Any) -> str | None:
    try:
        return str(UUID(_text(value)))
    except ValueError:
        return None


def _of(held: Any, name: str) -> Any:
    return held.get(name) if isinstance(held, Mapping) else None


def _text(value: Any) -> str:
    return "" if value is None else str(value)
