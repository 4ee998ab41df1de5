"""Why the database didn't do what it was asked, as errors that all of the dashboard knows."""

from typing import Final


class DatabaseAwayError(Exception):
    """The database can't be reached, or didn't answer in time."""


class DatabaseBusyError(DatabaseAwayError):
    """Somebody else has in hand what was to be changed, or changed it at the same moment."""


class DatabaseUnsureError(DatabaseAwayError):
    """The database didn't answer in time to a change, which may be done all the same."""


class DatabaseFaultError(DatabaseAwayError):
    """The database refused a statement: a bug, or a right or a table that is missing."""


BROKEN: Final = "Something broke here. Please tell us, with the time."
# What is answered to each but the plain absence, for which there is a page that tries again.
TROUBLES: Final[dict[type[Exception], tuple[int, str]]] = {
    DatabaseBusyError: (
        409,
        "Somebody has it in hand just now. Nothing was changed; try again in a moment.",
    ),
    DatabaseUnsureError: (
        504,
        "The database didn't answer in time. It may be done all the same: look first.",
    ),
    DatabaseFaultError: (500, BROKEN),
}
