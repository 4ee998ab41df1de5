"""What services are told when the database is away, slow or not ready, and that they may retry."""

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import httpx
import psycopg
import pytest
from sqlalchemy import Engine, event, text
from sqlalchemy.engine import make_url
from sqlmodel import Session

from gateway.__main__ import server_config
from gateway.app import make_app
from gateway.limits import Limits
from tests.helpers.postgres import PostgresServer
from tests.helpers.roles import acting_as
from tests.helpers.serving import serving
from tests.integration.gateway.scene import (
    NOTHING,
    NOW,
    ONE,
    Served,
    away,
    kudos,
    new_key,
    published,
    rows,
    talking_to,
)
from workers.database import make_engine
from workers.embedded.files import wait_until

SOON = timedelta(seconds=10)


@contextmanager
def a_lost_answer() -> Iterator[None]:
    """Lose the answer to the first COMMIT within."""

    def lose(_session: Session) -> None:
        event.remove(Session, "after_commit", lose)
        raise psycopg.OperationalError

    event.listen(Session, "after_commit", lose)
    yield
    if event.contains(Session, "after_commit", lose):
        event.remove(Session, "after_commit", lose)


class TestPostgresAway:
    def test_services_are_told_to_come_back_and_then_it_works(
        self, postgres_server: PostgresServer, engine: Engine, served: Served
    ) -> None:
        said = kudos()
        with away(postgres_server, engine):
            answer = served.post(said)
            assert (answer.status_code, answer.json()["status"]) == (503, 503)
            assert int(answer.headers["retry-after"]) >= 1
            assert "postgres" not in answer.text.lower()
            assert served.client.get("/readyz").json()["failed"] == "database"
            assert served.client.get("/livez").status_code == 200
        assert rows(engine) == NOTHING
        assert served.post(said).json() == {"accepted": 1, "duplicates": 0}
        assert served.client.get("/readyz").status_code == 200

    def test_a_known_key_and_a_lost_connection_end_the_same_way(
        self, postgres_server: PostgresServer, engine: Engine, served: Served
    ) -> None:
        assert served.post(kudos()).status_code == 202
        with away(postgres_server, engine):
            assert served.post(kudos()).status_code == 503
        assert served.post(kudos()).status_code == 202
        assert rows(engine) == published(2)

    def test_a_lost_answer_to_commit_is_mended_by_publishing_again(
        self, engine: Engine, served: Served
    ) -> None:
        """G1: it exists exactly if the transaction committed, and the publisher can't tell."""
        # The key is known from here on, and noted as used.
        served.post(kudos(time="never"))
        said = kudos()
        with a_lost_answer():
            answer = served.post(said)
        assert answer.status_code == 503
        assert rows(engine) == published(1)
        assert served.post(said).json() == {"accepted": 0, "duplicates": 1}
        assert rows(engine) == published(1)

    def test_a_connection_that_dies_before_commit_leaves_nothing(
        self, postgres_server: PostgresServer, engine: Engine
    ) -> None:
        """G1: no commit, no domain event."""
        mine = make_engine(
            engine.url.render_as_string(hide_password=False), process="gateway", pool_size=2
        )
        with talking_to(make_app(mine, clock=lambda: NOW), new_key(engine)) as served:
            assert served.post(kudos(time="never")).status_code == 422
            with engine.begin() as connection:
                # Kills the session that publishes when it is about to commit.
                connection.execute(text(SUICIDE))
            said = kudos()
            assert served.post(said).status_code == 503
            assert rows(engine) == NOTHING
            with engine.begin() as connection:
                connection.execute(text("DROP FUNCTION die CASCADE"))
            assert served.post(said).json() == {"accepted": 1, "duplicates": 0}
        mine.dispose()

    def test_when_all_connections_are_busy_services_are_told_to_come_back(
        self, engine: Engine
    ) -> None:
        url = engine.url.render_as_string(hide_password=False)
        mine = make_engine(url, process="gateway", pool_size=1)
        # Nobody wants to wait for ten seconds here.
        mine.pool._timeout = 0.1  # type: ignore[attr-defined]
        with talking_to(make_app(mine, clock=lambda: NOW), new_key(engine)) as served:
            with mine.connect():
                answer = served.post(kudos())
            assert (answer.status_code, answer.headers["retry-after"]) == (429, "1")
            assert served.post(kudos()).status_code == 202
        mine.dispose()


SUICIDE = """
CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS
    'BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END';
CREATE CONSTRAINT TRIGGER dies AFTER INSERT ON outbox
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION die();
"""


class TestReady:
    def test_a_database_that_was_never_migrated_is_not_ready(
        self, postgres_server: PostgresServer, engine: Engine
    ) -> None:
        with engine.begin() as connection:
            connection.execute(text("DROP TABLE alembic_version"))
        with serving(make_app(acting_as(engine, "gateway")), server_config) as url:
            answer = httpx.get(f"{url}/readyz")
        assert (answer.status_code, answer.json()["failed"]) == (503, "migrations")
        assert "momento migrate" in answer.json()["detail"]

    def test_a_server_on_which_nobody_has_migrated_is_not_ready(self, engine: Engine) -> None:
        """Its role isn't there yet."""
        url = engine.url.render_as_string(hide_password=False)
        options = "options=-c%20role%3Dmomento_nobody"
        nobody = make_engine(f"{url}&{options}", process="gateway", pool_size=1)
        with serving(make_app(nobody), server_config) as served:
            answer = httpx.get(f"{served}/readyz")
        assert (answer.status_code, answer.json()["failed"]) == (503, "migrations")
        nobody.dispose()

    @pytest.mark.parametrize(
        ("revision", "status"), [("0001", 503), ("9999_from_a_newer_version", 200)]
    )
    def test_an_older_revision_is_not_ready_and_a_newer_one_is(
        self, engine: Engine, revision: str, status: int
    ) -> None:
        """G17: an upgrade migrates first, while the old gateway goes on serving."""
        with engine.begin() as connection:
            connection.execute(
                text("UPDATE alembic_version SET version_num = :revision"), {"revision": revision}
            )
        with serving(make_app(acting_as(engine, "gateway")), server_config) as url:
            assert httpx.get(f"{url}/readyz").status_code == status


class TestSlowClients:
    def test_a_body_that_dawdles_is_given_up(self, engine: Engine) -> None:
        app = make_app(acting_as(engine, "gateway"), limits=Limits(body_seconds=0.2))
        key = new_key(engine)
        with (
            serving(app, server_config) as url,
            socket.create_connection(("127.0.0.1", _port(url))) as client,
        ):
            head = f"POST /v1/events HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {key}\r\n"
            client.sendall(f"{head}content-type: {ONE}\r\ncontent-length: 9\r\n\r\n{{".encode())
            assert client.recv(4_096).startswith(b"HTTP/1.1 408")

    def test_a_client_that_hangs_up_holds_nothing_back(
        self, engine: Engine, served: Served
    ) -> None:
        port = served.client.base_url.port
        assert port is not None
        for _ in range(3):
            with socket.create_connection(("127.0.0.1", port)) as client:
                head = f"POST /v1/events HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {served.key}"
                client.sendall(f"{head}\r\ncontent-type: {ONE}\r\ncontent-length: 9\r\n".encode())
        assert served.post(kudos()).status_code == 202
        assert rows(engine) == published(1)

    def test_more_requests_than_it_takes_on_are_turned_away(self, engine: Engine) -> None:
        app = make_app(
            acting_as(engine, "gateway"), limits=Limits(requests_at_once=1, body_seconds=5)
        )
        key = new_key(engine)
        with talking_to(app, key) as served:
            port = served.client.base_url.port
            assert port is not None
            with socket.create_connection(("127.0.0.1", port)) as slow:
                head = f"POST /v1/events HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {key}\r\n"
                slow.sendall(f"{head}content-type: {ONE}\r\ncontent-length: 9\r\n\r\n".encode())
                assert wait_until(lambda: served.post(kudos()).status_code == 429, SOON)
            assert wait_until(lambda: served.post(kudos()).status_code == 202, SOON)


def _port(url: str) -> int:
    port = make_url(url).port
    assert port is not None
    return port


class TestProcess:
    def test_it_serves_and_ends_within_ten_seconds_of_sigterm(
        self, engine: Engine, tmp_path: object
    ) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        url = engine.url.render_as_string(hide_password=False)
        environment = os.environ | {
            "DATABASE_URL": url,
            "GATEWAY_PORT": str(port),
            "MOMENTO_HOME": str(tmp_path),
            "BROKER_URL": "",
        }
        with subprocess.Popen([sys.executable, "-m", "gateway"], env=environment) as process:
            try:
                assert wait_until(lambda: _is_ready(port), timedelta(seconds=30))
                answers: list[int] = []
                key = new_key(engine)
                blocked = threading.Thread(target=_publish_slowly, args=(port, key, answers))
                with engine.begin() as connection:
                    # Holds back what publishes, so that a request is in hand at the end.
                    connection.execute(text("LOCK TABLE outbox IN EXCLUSIVE MODE"))
                    blocked.start()
                    assert wait_until(lambda: _someone_waits(engine), SOON)
                    process.send_signal(signal.SIGTERM)
                    assert wait_until(lambda: not _is_ready(port), SOON)
                assert process.wait(10) == 0
                blocked.join(10)
                assert answers == [202]
            finally:
                process.kill()
        assert rows(engine) == published(1)

    def test_without_a_database_it_says_what_is_missing(self, tmp_path: object) -> None:
        environment = {"PATH": os.environ["PATH"], "MOMENTO_HOME": str(tmp_path)}
        ended = subprocess.run(
            [sys.executable, "-m", "gateway"],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert ended.returncode == 1
        assert "DATABASE_URL must be set" in ended.stderr


def _is_ready(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/readyz").status_code == 200
    except httpx.TransportError:
        return False


def _publish_slowly(port: int, key: str, answers: list[int]) -> None:
    headers = {"authorization": f"Bearer {key}", "content-type": ONE}
    said = kudos()
    url = f"http://127.0.0.1:{port}/v1/events"
    answers.append(httpx.post(url, json=said, headers=headers, timeout=30).status_code)


def _someone_waits(engine: Engine) -> bool:
    with engine.connect() as connection:
        found = connection.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted"))
    return bool(found)
