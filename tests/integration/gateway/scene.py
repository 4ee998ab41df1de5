"""A gateway that really serves, for a test to talk to, and domain events to tell it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from uuid import uuid4

import httpx
import psycopg
from sqlalchemy import Engine, text
from sqlmodel import Session
from starlette.applications import Starlette

from gateway.__main__ import server_config
from tests.helpers.postgres import PostgresServer
from tests.helpers.serving import serving
from workers.keys import create_key

NOW: Final = datetime(2026, 11, 21, 12, tzinfo=UTC)
KUDOS: Final = "app.momento.kudos.given.v1"
ONE: Final = "application/cloudevents+json"
MANY: Final = "application/cloudevents-batch+json"
TABLES: Final = ("domain_events", "domain_event_keys", "outbox", "deliveries")

Said = dict[str, Any]


def kudos(data: Said | None = None, **attributes: Any) -> Said:
    """A good domain event, changed as given."""
    kudos_id = str(uuid4())
    return {
        "specversion": "1.0",
        "id": f"kudos-{kudos_id}",
        "source": "/services/api",
        "type": KUDOS,
        "subject": kudos_id,
        "time": "2026-11-20T21:30:00+02:00",
        "data": {
            "kudos_id": kudos_id,
            "event_id": str(uuid4()),
            "giver_id": str(uuid4()),
            "receiver_id": str(uuid4()),
            "kudo": "inspiring",
            **(data or {}),
        },
        **attributes,
    }


def rows(engine: Engine) -> dict[str, int]:
    """How many rows publishing has left, by table."""
    with engine.connect() as connection:
        return {
            table: connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()
            for table in TABLES
        }


NOTHING: Final = dict.fromkeys(TABLES, 0)


def published(count: int) -> dict[str, int]:
    """The rows that so many domain events leave before anybody routes them."""
    return {**dict.fromkeys(TABLES, count), "deliveries": 0}


def new_key(engine: Engine, *types: str) -> str:
    """Make a key; its secret."""
    with Session(engine) as session:
        _, secret = create_key(session, "test", types=types or ["*"])
        session.commit()
    return secret


@dataclass
class Served:
    """A gateway at work, and a key for it."""

    client: httpx.Client
    key: str

    def post(self, said: Any, content_type: str | None = None, **headers: str) -> httpx.Response:
        """Publish a domain event, a list of them, or bytes as they are."""
        body = said if isinstance(said, bytes) else json.dumps(said).encode()
        if content_type is None:
            content_type = MANY if isinstance(said, list) else ONE
        sent = {"authorization": f"Bearer {self.key}", "content-type": content_type, **headers}
        return self.client.post("/v1/events", content=body, headers=sent)


@contextmanager
def talking_to(app: Starlette, key: str) -> Iterator[Served]:
    """Serve, with a client and a key."""
    with serving(app, server_config) as url, httpx.Client(base_url=url, timeout=30) as client:
        yield Served(client, key)


@contextmanager
def away(server: PostgresServer, engine: Engine) -> Iterator[None]:
    """Let nobody into the database, and throw out who is in it."""
    name = engine.url.database
    # The test's own connections go in peace; the gateway's are to be met by surprise.
    engine.pool.dispose()
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name]
        )
        yield
        connection.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')
