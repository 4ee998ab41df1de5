"""Rows as workers would have left them, written directly: what a test doesn't say is filled in."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlmodel import Session

from domain.sql import insert_missing
from tests.helpers.pages import an_id

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
START = datetime(2026, 3, 14, 18, tzinfo=UTC)
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Rows:
    """A database to write into. Things are named; each method gives the id of what it made."""

    session: Session

    def add(self, table: str, /, **columns: Any) -> None:
        """Insert one row."""
        assert insert_missing(self.session, table, [columns]) == 1, columns

    def person(self, name: str, *, profile: bool = True, **columns: Any) -> str:
        """Somebody active, with a social profile unless said otherwise."""
        identity = an_id(name)
        defaults = {"clerk_id": name, "birth_date": "1990-05-01", "status": "active"}
        self.add("users", id=identity, **{**defaults, **columns})
        if profile:
            self.add("social_profiles", id=identity, user_id=identity, first_name=name)
        return identity

    def event(self, name: str, *, host: str, starts_at: datetime = START, **columns: Any) -> str:
        """A completed event of three hours."""
        defaults = {
            "title": name,
            "description": "In company",
            "status": "completed",
            "min_attendees": 1,
            "max_attendees": 8,
            "confirmation_fee": 500,
            "ends_at": starts_at + 3 * HOUR,
        }
        row = {"id": an_id(name), "host_id": an_id(host), "starts_at": starts_at}
        self.add("events", **row, **{**defaults, **columns})
        return an_id(name)

    def invitation(self, event: str, person: str, **columns: Any) -> str:
        """An invitation; sent, unless said otherwise."""
        identity = an_id(f"{event} {person}")
        row = {"id": identity, "event_id": an_id(event), "user_id": an_id(person)}
        self.add("invitations", **row, **{"status": "sent", **columns})
        return identity

    def seat(
        self,
        event: str,
        person: str,
        *,
        ends_at: datetime = START + 3 * HOUR,
        invited: Mapping[str, Any] | None = None,
        **columns: Any,
    ) -> str:
        """Somebody who was there, unless said otherwise; `invited` is what the invitation says."""
        identity = self.invitation(event, person, **{"status": "confirmed", **(invited or {})})
        row = {"id": identity, "event_id": an_id(event), "user_id": an_id(person)}
        self.add("attendance", **row, ends_at=ends_at, **{"status": "attended", **columns})
        return identity

    def block(self, blocker: str, blocked: str, *, ended: bool = False) -> None:
        """A block between two people, or one that has ended."""
        self.add(
            "blocked_users",
            blocker_id=an_id(blocker),
            blocked_id=an_id(blocked),
            blocked_at=START,
            unblocked_at=START + DAY if ended else None,
        )

    def conversation(self, name: str, *people: str, updated_at: datetime = START) -> str:
        """A conversation in which nothing was said yet."""
        low, high = sorted(map(an_id, people))
        self.add(
            "conversations",
            id=an_id(name),
            user_low=low,
            user_high=high,
            started_at=updated_at,
            updated_at=updated_at,
        )
        for person in people:
            self.add(
                "conversation_participants", conversation_id=an_id(name), user_id=an_id(person)
            )
        return an_id(name)

    def message(
        self, conversation: str, sender: str, content: str, *, sent_at: datetime | None = START
    ) -> str:
        """Something that was said; without a time, no worker has accepted it yet."""
        self.add(
            "messages",
            id=an_id(content),
            conversation_id=an_id(conversation),
            sender_id=an_id(sender),
            content=content,
            type="text",
            sent_at=sent_at,
        )
        return an_id(content)
