"""Ada, Bo and Dan, and what is said about them, applied to a real database."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, text

from domain.catalogue import TYPES
from domain.envelope import Envelope
from tests.helpers.apply import Application
from tests.helpers.ledger import a_registration, say
from tests.helpers.pages import START, an_id

ADA, BO, DAN = an_id("Ada"), an_id("Bo"), an_id("Dan")
URL = "https://pictures.example/"


class Scene:
    """People who signed up, and one way to say something about them."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._number = 0
        self._application = Application(engine)
        self._application.run([a_registration(name) for name in ("Ada", "Bo", "Dan")])

    def page(self, name: str, at: datetime = START, /, **said: Any) -> Envelope:
        """Something that is said, numbered in the order of telling."""
        self._number += 1
        payload = TYPES[f"app.momento.{name}.v1"].model_validate(said)
        return say(payload, f"said {self._number:03}", at=at)

    def tell(self, name: str, at: datetime = START, /, **said: Any) -> str | None:
        """Say something and apply it; how it came out, or None when nothing is to be said of it."""
        page = self.page(name, at, **said)
        self.run(page)
        return self.outcome(page)

    def run(self, *pages: Envelope) -> None:
        """Apply in one batch, as far as they are of one kind."""
        self._application.publish(pages)
        self._application.settle()

    def outcome(self, page: Envelope) -> str | None:
        """What became of it in the handler of profiles: the note, state and reason, or None."""
        ((state, reason, awaits),) = self.rows(
            "SELECT state, split_part(reason, ':', 1), awaits FROM deliveries"
            " JOIN domain_events AS said USING (seq) WHERE said.id = :id"
            " AND handler NOT LIKE 'matching.%'",
            id=page.id,
        )
        if state == "done":
            return None if reason is None else str(reason)
        return f"{state} {reason or awaits}"

    def rows(self, statement: str, **parameters: Any) -> list[tuple[Any, ...]]:
        """What a query gives."""
        with self.engine.connect() as connection:
            found = connection.execute(text(statement), parameters)
            return [tuple(map(_plain, row)) for row in found]

    def execute(self, statement: str, **parameters: Any) -> None:
        """Change something as an API service would."""
        with self.engine.begin() as connection:
            connection.execute(text(statement), parameters)

    def column(self, statement: str, **parameters: Any) -> list[Any]:
        """The first column of what a query gives."""
        return list(self._first(statement, parameters))

    def _first(self, statement: str, parameters: dict[str, Any]) -> Iterator[Any]:
        for row in self.rows(statement, **parameters):
            yield row[0]


def _plain(value: Any) -> Any:
    """Ids as text, as everywhere."""
    return str(value) if type(value).__name__ == "UUID" else value
