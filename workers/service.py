"""Runs a service that answers over HTTP, from its settings to its end."""

import os
import signal
import sys
from collections.abc import Callable
from typing import Any, NoReturn

import uvicorn
from sqlalchemy import Engine
from starlette.types import ASGIApp

from workers.database import make_engine
from workers.errors import CommandError
from workers.exposition import More, make_registry
from workers.lifetime import begin, finish
from workers.log import logger
from workers.measuring import MEASURES
from workers.reporting import Presence, make_reporter
from workers.serving import Measured
from workers.settings import Settings


def run_service(
    name: str, *, threads: int, configure: Callable[[Settings, Engine], uvicorn.Config]
) -> NoReturn:
    """Serve until asked to stop, then end the process.

    `threads` says how many connections are in use at once; `configure` puts the service together.
    """
    settings = begin(name)
    if settings.database_url is None:
        sys.exit(f"{name}: DATABASE_URL must be set; or start the {name} with momento up")
    url = settings.database_url.get_secret_value()
    engine = make_engine(url, process=name, pool_size=threads)
    try:
        config = configure(settings, engine)
    except CommandError as error:
        sys.exit(f"{name}: {error}")
    server = uvicorn.Server(config)

    def leave(*_: object) -> None:
        server.should_exit = True

    # Uvicorn sees to these while it runs, and sends them again when it is done. What comes before
    # it does must not be lost.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, leave)
    reporter = make_reporter(url, Presence(name, metrics_at=f"{config.host}:{config.port}"))
    reporter.start()
    server.run()
    reporter.stop()
    engine.dispose()
    logger(name).info(f"{name}.stopped")
    finish()
    # Python would wait for threads, and one of ours may wait for a server that says nothing.
    os._exit(0)


def measured(app: ASGIApp, name: str, *, settings: Settings, more: More | None = None) -> Measured:
    """Put a service behind what measures it and shows its figures."""
    registry = make_registry(name, more=more)
    token = settings.metrics_token
    return Measured(app, recorder=MEASURES.recorder, registry=registry, token=token)


def server_config(app: ASGIApp, *, host: str, port: int, **options: Any) -> uvicorn.Config:
    """How uvicorn is to serve one of ours; `options` are what the service wants otherwise."""
    return uvicorn.Config(
        app,
        host=host,
        port=port,
        # It limits a request's head to 64 KiB, which httptools reads into memory without end.
        http="h11",
        log_config=None,
        access_log=False,
        server_header=False,
        lifespan="on",
        ws="none",
        **options,
    )
