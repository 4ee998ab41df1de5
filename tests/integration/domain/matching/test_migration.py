"""What was there before there was matching is asked for by the migration."""

from collections.abc import Iterator
from uuid import uuid4

import psycopg
import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from psycopg import sql
from sqlalchemy import Engine, create_engine
from sqlalchemy.pool import NullPool

from tests.factories.town import NOW, Town
from tests.helpers.apply import Application
from tests.helpers.ledger import ask
from tests.helpers.pages import an_id
from tests.helpers.postgres import PostgresServer
from workers.commands.migrate import _scripts, migrate
from workers.database import make_engine, psycopg_url

REVISION = "0007"


@pytest.fixture
def before(postgres_server: PostgresServer) -> Iterator[tuple[str, Engine]]:
    """A database as it was before the migration, with a town in it; (URL, engine)."""
    name = f"test_{uuid4().hex}"
    with psycopg.connect(postgres_server.url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    url = postgres_server.database_url(name)
    config = Config()
    config.set_main_option("script_location", str(_scripts()))
    previous = ScriptDirectory.from_config(config).get_revision(REVISION).down_revision
    assert isinstance(previous, str)
    made = create_engine(psycopg_url(url), poolclass=NullPool)
    with made.connect() as connection:
        config.attributes["connection"] = connection
        config.attributes["roles"] = False
        command.upgrade(config, previous)
        connection.commit()
    engine = make_engine(url, process="test", pool_size=5)
    yield url, engine
    engine.dispose()
    postgres_server.drop(url)


def test_everything_has_its_vector_and_its_place_afterwards(before: tuple[str, Engine]) -> None:
    url, engine = before
    town = Town(engine)
    for name in ("Hanna", "Ada", "Gone"):
        town.person(name, mood="curious")
    town.run("UPDATE users SET deleted_at = now() WHERE id = :id", id=town.id("Gone"))
    town.event("drinks", about=None)
    town.event("brunch", about=None, starts_at=NOW)
    town.run("INSERT INTO interests (name) VALUES ('jazz')")
    for event in ("drinks", "brunch"):
        for person in ("Ada", "Gone"):
            town.invite(event, person, status="confirmed")
            town.run(
                "INSERT INTO attendance (id, event_id, user_id, status)"
                " SELECT id, event_id, user_id, 'attended' FROM invitations ON CONFLICT DO NOTHING"
            )
    migrate(url)
    Application(engine).catch_up()
    assert ask(engine, "SELECT count(event_vector) FROM events") == 2
    assert ask(engine, "SELECT count(vector) FROM interests") == 1
    assert ask(engine, "SELECT count(*) FROM user_interest_vectors") == 2
    places = "SELECT user_id || ' ' || event_id FROM user_places"
    assert ask(engine, places) == f"{an_id('Ada')} {an_id('drinks')}"
