"""What people are told of what happens: a diary that is applied as it is written."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import Engine, text
from sqlmodel import Session

from domain.gatherings.payloads import EventCompleted
from domain.notifications.concern import read_words, still_concerned
from domain.notifications.rendering import render
from domain.notifications.sending import claim, hand_over
from domain.notifications.templates import LANGUAGES
from domain.tables.notifications import Channel, Template
from tests.helpers.diary import Diary
from tests.helpers.pages import DAY, END, HOUR, START, an_id
from tests.helpers.said import rows
from tests.helpers.telling import publish, settle

PEOPLE: Final = ("Hanna", "Cleo", "Ada", "Bo", "Dan", "Eve")
_NAMES: Final = {an_id(name): name for name in PEOPLE}
# At two in the afternoon in New York, three days and two days before.
INVITED: Final = START - 3 * DAY
BEFORE: Final = START - 2 * DAY
# At two in the afternoon there, the day after.
AFTER: Final = datetime(2026, 3, 15, 18, tzinfo=UTC)
DRINKS: Final = an_id("drinks")


@dataclass(slots=True)
class Ears:
    """Hears what a diary says, at moments of one's choosing."""

    engine: Engine
    diary: Diary = field(default_factory=Diary)
    heard: int = 0

    def hear(self, *, at: datetime) -> None:
        """Publish and apply what is new in the diary, as if it were that moment."""
        publish(self.engine, self.diary.pages[self.heard :])
        self.heard = len(self.diary.pages)
        settle(self.engine, now=at)

    def told(self, template: str) -> list[str]:
        """Who was told, how, and what became of it, e.g. `Ada push scheduled`."""
        found = self._rows("template = :template", template=template)
        return [
            " ".join(
                filter(None, (_NAMES[row["user_id"]], row["channel"], row["status"], row["reason"]))
            )
            for row in found
        ]

    def until(self, template: str) -> set[datetime]:
        """When it is over with it."""
        return {row["expires_at"] for row in self._rows("template = :template", template=template)}

    def goes_at(self, template: str, channel: str = "push") -> set[datetime]:
        """When it goes out."""
        found = self._rows(
            "template = :template AND channel = :channel", template=template, channel=channel
        )
        return {row["send_after"] for row in found}

    def all_told(self) -> list[tuple[str, ...]]:
        """Everything that was ever lined up."""
        return rows(
            self.engine,
            "SELECT user_id::text, dedupe_key, channel, status, template FROM notifications"
            " ORDER BY 1, 2, 3",
        )

    def due(self, *, at: datetime) -> list[str]:
        """Ids of what waits to be sent by a moment."""
        found = self._rows("status = 'scheduled' AND send_after <= :at", at=at)
        return [row["id"] for row in found]

    def send(self, *, at: datetime) -> list[str]:
        """Send what is due and still concerns somebody, e.g. `Ada: Kudos | 3 people…`."""
        with Session(self.engine) as session, session.begin():
            due = [each for way in Channel for each in claim(session, way, now=at, limit=1_000)]
            go = still_concerned(session, due, now=at)
            said = read_words(session, go)
            hand_over(session, go)
        self._mark(go)
        names = {row["id"]: _NAMES[row["user_id"]] for row in self._rows("true")}
        return sorted(f"{names[each.id]}: {_aloud(each.template, each.words)}" for each in said)

    def _mark(self, ids: Iterable[str]) -> None:
        with self.engine.begin() as connection:
            connection.execute(
                text("UPDATE notifications SET status = 'sent' WHERE id = ANY(:ids)"),
                {"ids": list(ids)},
            )

    def _rows(self, condition: str, **parameters: Any) -> list[dict[str, Any]]:
        names = (
            *("id", "user_id", "channel", "status", "reason"),
            *("send_after", "expires_at"),
        )
        found = rows(
            self.engine,
            "SELECT id::text, user_id::text, channel, status, reason, send_after, expires_at"
            f" FROM notifications WHERE {condition}",
            **parameters,
        )
        listed = [dict(zip(names, row, strict=True)) for row in found]
        return sorted(listed, key=lambda row: (_NAMES[row["user_id"]], row["channel"], row["id"]))


def _aloud(template: Template, words: Any) -> str:
    said = render(template, words, LANGUAGES["en"])
    return f"{said.title} | {said.body}"


def seats(ears: Ears, *people: str) -> None:
    """Have people take seats, and all that they are told of it be done with."""
    ears.diary.seated("drinks", *people)
    ears.hear(at=BEFORE)


def came(ears: Ears, *people: str) -> None:
    """Have people take seats and come, and the event be over."""
    seats(ears, *people)
    for person in people:
        ears.diary.reported("drinks", person, by="Hanna", status="attended", at=START + HOUR)
    ears.diary.note(EventCompleted(event_id=DRINKS), END + 2 * HOUR)
