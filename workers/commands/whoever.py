"""Who acts at the command line, as the audit log names them."""

import getpass

from domain.ops.permissions import Actor
from domain.tables.accounts import Role, Via


def whoever() -> Actor:
    """Whoever has the database's password may do anything with it; their name is kept."""
    try:
        name = getpass.getuser()
    except (OSError, KeyError, ImportError):
        # An account without a name, as containers have.
        name = "somebody"
    return Actor(name, Role.ADMIN, Via.COMMAND)
