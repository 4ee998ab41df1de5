"""The subcommands of `momento`, a module each; `workers/cli.py` lists them."""

from workers.errors import CommandError
from workers.settings import Settings


def database_url(settings: Settings) -> str:
    """The database that a subcommand works on; raises CommandError if none is known."""
    if settings.database_url is None:
        message = (
            f"DATABASE_URL is not set, and no system is running in {settings.momento_home}."
            " Start one with `momento up`, or set the variable."
        )
        raise CommandError(message)
    return settings.database_url.get_secret_value()
