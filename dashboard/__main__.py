"""Runs the dashboard until it is asked to stop."""

import os
import signal
import sys
from typing import Final

import uvicorn
from starlette.applications import Starlette

from dashboard.app import make_app
from dashboard.context import THREADS
from workers.database import make_engine
from workers.errors import CommandError
from workers.log import configure_logging, logger
from workers.settings import load_settings

FINISH_WITHIN_S: Final = 5


def main() -> int:
    """Serve until asked to stop; the exit code."""
    try:
        settings = load_settings()
    except CommandError as error:
        sys.exit(f"dashboard: {error}")
    configure_logging(settings.log_format, process="dashboard")
    if settings.database_url is None:
        sys.exit("dashboard: DATABASE_URL must be set; or start the dashboard with momento up")
    url = settings.database_url.get_secret_value()
    engine = make_engine(url, process="dashboard", pool_size=THREADS)
    # Uvicorn sees to these while it runs, and sends them again when it is done.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    config = server_config(
        make_app(engine), host=settings.dashboard_host, port=settings.dashboard_port
    )
    uvicorn.Server(config).run()
    engine.dispose()
    logger("dashboard").info("dashboard.stopped")
    return 0


def server_config(app: Starlette, *, host: str, port: int) -> uvicorn.Config:
    """How uvicorn is to serve the dashboard."""
    return uvicorn.Config(
        app,
        host=host,
        port=port,
        # It limits a request's head to 64 KiB, which httptools reads into memory without end.
        http="h11",
        log_config=None,
        access_log=False,
        server_header=False,
        # A proxy on this machine may say that the browser speaks https to it, and from where.
        proxy_headers=True,
        lifespan="on",
        ws="none",
        timeout_graceful_shutdown=FINISH_WITHIN_S,
    )


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    # Python would wait for threads, and one of ours may wait for a server that says nothing.
    os._exit(code)
