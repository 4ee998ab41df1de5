"""`momento migrate`: brings a database up to date."""

import argparse
import importlib.util
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from workers.commands import database_url as known_database_url
from workers.connections import check_database
from workers.database import psycopg_url
from workers.settings import Settings

NAME = "migrate"
HELP = "Bring the database up to date"


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


def migrate(database_url: str) -> str | None:
    """Apply what is missing; the revision reached. Safe to run twice, and twice at once."""
    # No limit on a statement's time: building an index may take as long as it takes.
    engine = create_engine(psycopg_url(database_url), poolclass=NullPool, hide_parameters=True)
    config = Config()
    config.set_main_option("script_location", str(_scripts()).replace("%", "%%"))
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        connection.commit()
        return MigrationContext.configure(connection).get_current_revision()


def _scripts() -> Path:
    spec = importlib.util.find_spec("domain")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / "migrations"
