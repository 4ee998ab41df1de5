"""A dashboard that really serves, somebody to look at it, and states to look at."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final

import httpx
from sqlalchemy import Engine, text
from sqlmodel import Session

from dashboard.sessions import open_session
from domain.figures.snapshot import PARTS, Snapshot
from domain.figures.store import keep_snapshot
from domain.tables.accounts import Role, Via
from tests.factories.snapshots import NOW as WELL_AT
from tests.helpers.postgres import PostgresServer
from workers.accounts import create_account

NOW: Final = datetime(2026, 11, 21, 12, tzinfo=UTC)
PASSWORD: Final = "a kettle of fish"
OURS: Final = {"sec-fetch-site": "same-origin"}


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Browser:
    """A client that keeps cookies as a browser does, and sends forms from our own pages."""

    client: httpx.Client

    def get(self, path: str = "/", **headers: str) -> httpx.Response:
        return self.client.get(path, headers=headers)

    def post(
        self, path: str, form: dict[str, str], headers: dict[str, str] | None = None
    ) -> httpx.Response:
        return self.client.post(path, data=form, headers=OURS if headers is None else headers)

    def token(self, path: str) -> str:
        """The token in the form on a page."""
        found = re.search(r'name="csrf" value="([^"]+)"', self.get(path).text)
        assert found is not None
        return found[1]

    def sign_in(self, name: str, password: str = PASSWORD) -> httpx.Response:
        form = {"csrf": self.token("/sign-in"), "name": name, "password": password}
        return self.post("/sign-in", form)


def an_account(engine: Engine, name: str = "ada", role: Role = Role.VIEWER) -> None:
    with Session(engine) as session, session.begin():
        create_account(session, name, role=role, password=PASSWORD)


@contextmanager
def an_account_for_each_role(server: PostgresServer) -> Iterator[Engine]:
    """Make a database in which each role has an account of its name."""
    with server.engine(pool_size=6) as made:
        for role in Role:
            an_account(made, role.value, role)
        yield made


def a_session(engine: Engine, name: str = "ada", *, now: datetime = NOW) -> str:
    """Sign somebody in without the form; the cookie's token."""
    with Session(engine) as session, session.begin():
        (row,) = session.connection().execute(
            text("SELECT id FROM dashboard_users WHERE name = :name"), {"name": name}
        )
        return open_session(session, row.id, now)


def a_delivery(engine: Engine, seq: int, state: str, **columns: object) -> None:
    """Plant a delivery as it would stand."""
    values = {
        "seq": seq,
        "handler": "kudos.apply_kudos_given",
        "lane": "afterwards",
        "received_at": NOW - timedelta(hours=1),
        "state": state,
        **columns,
    }
    plant(engine, "deliveries", values)


def a_worker(engine: Engine, **columns: object) -> None:
    """Plant a worker for every lane that was seen just now."""
    values = {
        "id": "018f0000-0000-7000-8000-000000000000",
        "pid": 42,
        "host": "box",
        "lanes": ["plans", "seats", "afterwards"],
        "started_at": NOW,
        "last_seen_at": NOW,
        **columns,
    }
    plant(engine, "workers", values)


def plant(engine: Engine, table: str, values: dict[str, object]) -> None:
    names, gaps = ", ".join(values), ", ".join(f":{name}" for name in values)
    with engine.begin() as connection:
        connection.execute(text(f"INSERT INTO {table} ({names}) VALUES ({gaps})"), values)


def token_of(engine: Engine, who: str, via: Via) -> tuple[str, str]:
    """A session's token and what its forms must carry."""
    with Session(engine) as session, session.begin():
        connection = session.connection()
        statement = text("SELECT id FROM dashboard_users WHERE name = :name")
        user_id = connection.execute(statement, {"name": who}).scalar_one()
        token = open_session(session, user_id, datetime.now(UTC), via=via)
        statement = text("SELECT csrf FROM dashboard_sessions ORDER BY created_at DESC LIMIT 1")
        return token, connection.execute(statement).scalar_one()


def keep(engine: Engine, snapshot: Snapshot, *, ago: timedelta = timedelta()) -> None:
    """Have the collector have seen this."""
    at = datetime.now(UTC) - ago
    parts = {name: getattr(snapshot, name) for name in PARTS}
    read = {name: replace(part, at=at) for name, part in parts.items() if part.at == WELL_AT}
    with Session(engine) as session, session.begin():
        keep_snapshot(session, replace(snapshot, at=at, **read), is_kept=False)
