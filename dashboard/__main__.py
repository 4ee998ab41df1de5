"""Runs the dashboard until it is asked to stop."""

from typing import Final

import uvicorn
from sqlalchemy import Engine
from starlette.types import ASGIApp

from dashboard.app import make_app
from dashboard.context import THREADS
from workers import service
from workers.settings import Settings

FINISH_WITHIN_S: Final = 5


def server_config(app: ASGIApp, *, host: str, port: int) -> uvicorn.Config:
    """How uvicorn is to serve the dashboard."""
    return service.server_config(
        app,
        host=host,
        port=port,
        # A proxy on this machine may say that the browser speaks https to it, and from where.
        proxy_headers=True,
        timeout_graceful_shutdown=FINISH_WITHIN_S,
    )


def _configure(settings: Settings, engine: Engine) -> uvicorn.Config:
    host, port = settings.dashboard_host, settings.dashboard_port
    app = service.measured(make_app(engine), "dashboard", settings)
    return server_config(app, host=host, port=port)


if __name__ == "__main__":
    service.run_service("dashboard", threads=THREADS, configure=_configure)
