"""The sandbox's journal as it looks on phones: whose, what, and where it leads."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from domain.tables.notifications import Channel
from workers.sandbox.journal import Entry, Journal
from workers.sandbox.phones import READ_BYTES, phones

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
ABOUT = "018f0000-0000-7000-8000-00000000000c"
ADA = "ExponentPushToken[abcd1234]"


def a_journal(directory: Path, *entries: Entry) -> Path:
    journal = Journal(directory)
    for entry in entries:
        journal.write(entry)
    journal.close()
    return journal.path


def a_push(body: str, *, taken: bool = True, minutes: int = 0) -> Entry:
    asked: list[dict[str, Any]] = [{"to": [ADA], "title": "Kudos", "body": body}]
    accepted = [{"id": "x", "to": ADA, "about": ABOUT}] if taken else []
    at = NOW + timedelta(minutes=minutes)
    return Entry(at, "expo", "POST /--/api/v2/push/send", asked, 200, {}, accepted)


class TestPhones:
    def test_each_shows_its_newest_first_by_the_end_of_its_address(self, tmp_path: Path) -> None:
        text = {"To": "+4915112345678", "Body": "Momento: You're invited."}
        mail = {"to": ["ada@example.org"], "headers": {"Subject": "Your refund"}, "text": "Back."}
        sent = [{"id": "y", "to": "+4915112345678", "about": "no id"}]
        path = a_journal(
            tmp_path,
            a_push("one"),
            Entry(NOW, "twilio", "POST /Messages.json", text, 201, {}, sent),
            Entry(NOW, "twilio", "callback", {"To": "+49"}, 200, {}),
            Entry(NOW, "smtp", "DATA", mail, 250, "", [{"id": "z", "to": "ada@example.org"}]),
            a_push("two", taken=False, minutes=1),
        )
        push, mailbox, number = phones(path)
        assert [phone.name for phone in (push, number, mailbox)] == [
            "phone …1234",
            "number …5678",
            "mailbox a…",
        ]
        assert [(each.body, each.was_taken, each.about) for each in push.messages] == [
            ("two", False, None),
            ("one", True, ABOUT),
        ]
        assert [(each.title, each.body) for each in mailbox.messages] == [("Your refund", "Back.")]
        assert number.messages[0].about is None
        assert phones(path, Channel.SMS) == [number]

    def test_only_the_end_of_a_long_journal_is_read(self, tmp_path: Path) -> None:
        long = [a_push("x" * 50_000, minutes=minute) for minute in range(20)]
        (phone,) = phones(a_journal(tmp_path, *long))
        assert READ_BYTES // 60_000 <= len(phone.messages) <= READ_BYTES // 50_000
        assert phone.messages[0].at == NOW + timedelta(minutes=19)

    def test_odd_requests_and_no_journal_show_nothing(self, tmp_path: Path) -> None:
        odd = [None, "x", {"to": None}, [1, None], {"to": [], "headers": "x"}]
        providers = ("expo", "twilio", "smtp", "stripe")
        entries = [
            Entry(NOW, provider, what, asked, 200, None)
            for provider in providers
            for what in ("POST /push/send", "DATA")
            for asked in odd
        ]
        assert all(not each.messages[0].was_taken for each in phones(a_journal(tmp_path, *entries)))
        assert phones(tmp_path / "nothing") == []
