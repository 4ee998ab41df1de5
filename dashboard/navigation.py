"""The pages that the menu names, in its order; a new page needs a line here."""

from dataclasses import dataclass
from typing import Final

from domain.ops.permissions import Verb


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the menu: what it is called, where it leads, its key, and who sees it."""

    title: str
    path: str
    key: str
    verb: Verb = Verb.LOOK

    def leads_to(self, path: str) -> bool:
        """Whether a path is this page or one below it."""
        return path == self.path or (self.path != "/" and path.startswith(f"{self.path}/"))


MENU: Final = (
    Entry("Overview", "/", "O"),
    Entry("Lanes", "/lanes", "L"),
    Entry("Deliveries", "/deliveries", "D"),
    Entry("Dead", "/dead", "X"),
    Entry("Bulk operations", "/bulk", "B"),
    Entry("Notifications", "/notifications", "N"),
    Entry("People", "/people", "E", Verb.REVEAL),
    Entry("Promises", "/promises", "P"),
    Entry("Schedules", "/schedules", "S"),
    Entry("Workers", "/workers", "W"),
    Entry("Outbox", "/outbox", "U"),
    Entry("Catalogue", "/catalogue", "C"),
    Entry("Audit log", "/audit", "A", Verb.READ_AUDIT),
    Entry("Runbook", "/runbook", "R"),
    Entry("API keys", "/keys", "K", Verb.MANAGE_KEYS),
    Entry("Accounts", "/accounts", "M", Verb.MANAGE_ACCOUNTS),
)


def has_page(path: str) -> bool:
    """Whether the menu has a page that a link, with whatever query, would lead to."""
    return any(entry.path == path.partition("?")[0].partition("#")[0] for entry in MENU)
