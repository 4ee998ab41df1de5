"""The database's absence, by a name that all of the dashboard knows."""


class DatabaseAwayError(Exception):
    """The database can't be reached, or didn't answer in time."""
