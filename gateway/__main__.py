"""Runs the gateway until it is asked to stop."""

import os
import signal
import sys
from typing import Final

import uvicorn
from starlette.applications import Starlette

from gateway.app import make_app
from gateway.context import THREADS
from gateway.ringing import Ring, no_ring
from workers.bells import Bells
from workers.broker import make_broker
from workers.database import make_engine
from workers.errors import CommandError
from workers.log import configure_logging, logger
from workers.settings import Settings, load_settings

# What is in hand may finish; together with the rest of the way out it takes less than 10 s.
FINISH_WITHIN_S: Final = 7
# Longer than clients keep an idle connection, so that it is they who close it.
KEEP_ALIVE_S: Final = 75


def main() -> int:
    """Serve until asked to stop; the exit code."""
    try:
        settings = load_settings()
    except CommandError as error:
        sys.exit(f"gateway: {error}")
    configure_logging(settings.log_format, process="gateway", least=settings.log_level)
    if settings.database_url is None:
        sys.exit("gateway: DATABASE_URL must be set; or start the gateway with momento up")
    engine = make_engine(
        settings.database_url.get_secret_value(), process="gateway", pool_size=THREADS
    )
    app = make_app(engine, ring=_bell(settings))
    # Uvicorn sees to these while it runs, and sends them again when it is done.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    uvicorn.Server(server_config(app, host=settings.gateway_host, port=settings.gateway_port)).run()
    engine.dispose()
    logger("gateway").info("gateway.stopped")
    return 0


def server_config(app: Starlette, *, host: str, port: int) -> uvicorn.Config:
    """How uvicorn is to serve the gateway."""
    return uvicorn.Config(
        app,
        host=host,
        port=port,
        # It limits a request's head to 64 KiB, which httptools reads into memory without end.
        http="h11",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        lifespan="on",
        ws="none",
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=FINISH_WITHIN_S,
    )


def _bell(settings: Settings) -> Ring:
    if settings.broker_url is None:
        return no_ring
    return Bells(make_broker(settings.broker_url.get_secret_value())).ring_after_publish


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    # Python would wait for threads, and one of ours may wait for a server that says nothing.
    os._exit(code)
