"""When the processes that were started are at work: by what they show, and nobody else."""

import os
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from sqlalchemy import Engine, text

from workers.database import make_engine
from workers.readiness import Readiness
from workers.settings import load_settings

HERE = os.uname().nodename
ALL = {"relay", "worker", "scheduler", "gateway", "dashboard"}
A_WORKER = text("""
    INSERT INTO workers (id, pid, host, lanes, started_at, last_seen_at)
    VALUES (gen_random_uuid(), 1, :host, '{plans}', now() - :ago, now())
""")


@contextmanager
def connected(database_url: str, process: str) -> Iterator[None]:
    """A process of ours that has done its first thing."""
    engine = make_engine(database_url, process=process, pool_size=1)
    with engine.connect() as connection:
        connection.execute(text("SELECT 1"))
    try:
        yield
    finally:
        engine.dispose()


@contextmanager
def answering(port: int, status: int) -> Iterator[None]:
    """A service whose /readyz says this."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status if self.path == "/readyz" else 404)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Stay silent."""

    with HTTPServer(("127.0.0.1", port), Answer) as server, ThreadPoolExecutor(1) as pool:
        pool.submit(server.serve_forever)
        try:
            yield
        finally:
            server.shutdown()


@dataclass(frozen=True)
class Place:
    """Where the processes are looked for."""

    database_url: str
    gateway: int
    dashboard: int

    def look_for(self, *processes: str) -> Readiness:
        """Begin to look."""
        settings = {
            "DATABASE_URL": self.database_url,
            "MOMENTO_WORKER_PROCESSES": "2",
            "GATEWAY_PORT": str(self.gateway),
            "DASHBOARD_PORT": str(self.dashboard),
        }
        return Readiness(load_settings(settings), processes=processes)


@pytest.fixture
def place(database_url: str) -> Place:
    return Place(database_url, a_free_port(), a_free_port())


def a_free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


def a_worker(engine: Engine, *, host: str = HERE, ago: timedelta = timedelta()) -> None:
    """A worker process says that it lives."""
    with engine.begin() as connection:
        connection.execute(A_WORKER, {"host": host, "ago": ago})


class TestReadiness:
    def test_nobody_is_ready_before_anything_is_started(self, place: Place) -> None:
        assert place.look_for(*ALL).look() == ALL

    def test_all_are_once_each_has_shown_it(self, place: Place, engine: Engine) -> None:
        readiness = place.look_for(*ALL)
        with ExitStack() as started:
            for number, name in enumerate(("relay", "scheduler")):
                started.enter_context(connected(place.database_url, name))
                assert len(readiness.look()) == len(ALL) - number - 1
            for port in (place.gateway, place.dashboard):
                started.enter_context(answering(port, 200))
            assert readiness.look() == {"worker"}
        a_worker(engine)
        assert readiness.look() == {"worker"}
        a_worker(engine)
        assert readiness.look() == set()

    def test_only_those_that_were_started_are_asked(self, place: Place) -> None:
        readiness = place.look_for("gateway", "something of yours")
        assert readiness.look() == {"gateway"}
        with answering(place.gateway, 200):
            assert readiness.look() == set()

    def test_what_an_earlier_run_left_does_not_count(self, place: Place, engine: Engine) -> None:
        with connected(place.database_url, "relay"):
            readiness = place.look_for("relay", "worker")
            for _ in range(2):
                a_worker(engine, ago=timedelta(seconds=5))
            assert readiness.look() == {"relay", "worker"}

    def test_workers_of_another_host_do_not_count(self, place: Place, engine: Engine) -> None:
        readiness = place.look_for("worker")
        for _ in range(2):
            a_worker(engine, host="elsewhere")
        assert readiness.look() == {"worker"}

    @pytest.mark.parametrize("status", [503, 500, 404])
    def test_a_service_that_is_not_ready_says_so(self, place: Place, status: int) -> None:
        with answering(place.dashboard, status):
            assert place.look_for("dashboard").look() == {"dashboard"}

    def test_a_database_that_is_away_is_trouble_that_passes(self, place: Place) -> None:
        lost = replace(place, database_url="postgresql://a:b@127.0.0.1:1/c")
        assert lost.look_for("relay", "worker").look() == {"relay", "worker"}
