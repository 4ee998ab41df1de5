"""`momento migrate`: brings a database up to date."""

import argparse
import importlib.util
import time
from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine, create_engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from domain.dispatch import is_contention
from domain.granting import RolesMissingError
from workers.commands import database_url as known_database_url
from workers.connections import check_database
from workers.database import psycopg_url, takes_roles
from workers.errors import CommandError
from workers.settings import Settings

NAME = "migrate"
HELP = "Bring the database up to date"

# Whoever reads or writes a table queues up behind a migration that waits for it. So it waits
# briefly (see domain/migrations/env.py), and tries again, also after a deadlock with a batch.
TRIES: Final = 60
PAUSE_S: Final = 1.0


def configure(parser: argparse.ArgumentParser) -> None:
    """No arguments."""
    del parser


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Migrate, and say where the database stands."""
    del arguments
    url = known_database_url(settings)
    check_database(url)
    print(f"The database is at revision {migrate(url)}.")
    return 0


def migrate(database_url: str, *, to: str = "head") -> str | None:
    """Apply what is missing; the revision reached. Safe to run twice, and twice at once.

    Raises the database's error when others were in the way each time, and CommandError when roles
    are missing that this user may not make; then nothing is changed.
    """
    # No limit on a statement's time: building an index may take as long as it takes.
    engine = create_engine(psycopg_url(database_url), poolclass=NullPool, hide_parameters=True)
    tries_left = TRIES
    while True:
        tries_left -= 1
        try:
            return _upgrade(engine, to, roles=takes_roles(database_url))
        except RolesMissingError as error:
            raise CommandError(str(error)) from None
        except DBAPIError as error:
            if not (tries_left and is_contention(error)):
                raise
        time.sleep(PAUSE_S)


def _upgrade(engine: Engine, revision: str, *, roles: bool) -> str | None:
    config = Config()
    config.attributes["roles"] = roles
    config.set_main_option("script_location", str(_scripts()).replace("%", "%%"))
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        connection.commit()
        return MigrationContext.configure(connection).get_current_revision()


def _scripts() -> Path:
    spec = importlib.util.find_spec("domain")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / "migrations"
