"""Runs the dashboard until it is asked to stop."""

from typing import Final

import uvicorn
from sqlalchemy import Engine
from starlette.types import ASGIApp

from dashboard.app import make_app
from dashboard.collecting import Collector
from dashboard.context import LOCAL, THREADS, Place
from dashboard.probe import BrokerProbe
from dashboard.snapshots import SnapshotGauges
from workers import service
from workers.database import make_engine
from workers.running import JOURNAL
from workers.settings import Settings

FINISH_WITHIN_S: Final = 5
# Longer than a page waits before it renews itself, or each time would need a new connection.
KEEP_ALIVE_S: Final = 75


def server_config(app: ASGIApp, *, host: str, port: int) -> uvicorn.Config:
    """How uvicorn is to serve the dashboard."""
    return service.server_config(
        app,
        host=host,
        port=port,
        # A proxy on this machine may say that the browser speaks https to it, and from where.
        proxy_headers=True,
        timeout_graceful_shutdown=FINISH_WITHIN_S,
        timeout_keep_alive=KEEP_ALIVE_S,
    )


def _configure(settings: Settings, engine: Engine) -> uvicorn.Config:
    host, port = settings.dashboard_host, settings.dashboard_port
    named = frozenset(name.lower() for name in settings.dashboard_hosts)
    journal = settings.momento_home / JOURNAL if settings.sandbox_providers else None
    place = Place(settings.momento_environment, LOCAL | {host.lower()} | named, journal)
    _collect(settings)
    app = service.measured(
        make_app(engine, place=place), "dashboard", settings=settings, more=SnapshotGauges(engine)
    )
    return server_config(app, host=host, port=port)


def _collect(settings: Settings) -> None:
    """Write down how everything stands, as long as no other dashboard does."""
    assert settings.database_url is not None
    url, broker = settings.database_url.get_secret_value(), settings.broker_url
    engine = make_engine(url, process="dashboard", pool_size=1)
    probe = BrokerProbe(broker.get_secret_value()).look if broker is not None else None
    Collector(engine, probe).start()


if __name__ == "__main__":
    service.run_service("dashboard", threads=THREADS, configure=_configure)
