"""The database's absence, by a name that all of the dashboard knows."""


class DatabaseAwayError(Exception):
    """The database can't be reached, or didn't answer in time."""


class DatabaseBusyError(DatabaseAwayError):
    """Somebody else has in hand what was to be changed, or changed it at the same moment."""


class DatabaseFaultError(DatabaseAwayError):
    """The database refused a statement: a bug, or a right or a table that is missing."""
