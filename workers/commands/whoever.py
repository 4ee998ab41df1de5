"""Who gives a command: whoever has the database's password may do anything, and is written down."""

import getpass

from domain.ops.permissions import Actor
from domain.tables.accounts import Role, Via


def name_of_whoever() -> str:
    """Give the name of whose terminal it is."""
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return "unknown"


def whoever() -> Actor:
    """Give whose terminal it is, as the log of what ops did names them."""
    return Actor(name_of_whoever(), Role.ADMIN, Via.COMMAND)
