"""Runs the gateway until it is asked to stop."""

from typing import Final

import uvicorn
from sqlalchemy import Engine
from starlette.types import ASGIApp

from gateway.app import make_app
from gateway.context import THREADS
from gateway.limits import Limits
from gateway.outside import Outside
from gateway.quotas import Quotas, SharedBuckets
from gateway.ringing import Ring, no_ring
from gateway.tracing import TracedApp
from workers import service
from workers.bells import Bells
from workers.broker import make_broker
from workers.settings import Settings
from workers.tracing import start_tracing

# What is in hand may finish; together with the rest of the way out it takes less than 10 s.
FINISH_WITHIN_S: Final = 7
# Longer than clients keep an idle connection, so that it is they who close it.
KEEP_ALIVE_S: Final = 75
REDIS_SCHEMES: Final = ("redis://", "rediss://", "unix://")


def server_config(app: ASGIApp, *, host: str, port: int) -> uvicorn.Config:
    """How uvicorn is to serve the gateway."""
    return service.server_config(
        app,
        host=host,
        port=port,
        proxy_headers=False,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=FINISH_WITHIN_S,
    )


def _configure(settings: Settings, engine: Engine) -> uvicorn.Config:
    outside = Outside(
        settings.gateway_public_url,
        settings.twilio_auth_token,
        settings.stripe_webhook_secret,
        settings.clerk_webhook_secret,
    )
    limits = Limits(quotas=Quotas(_shared_buckets(settings)))
    app: ASGIApp = make_app(engine, ring=_bell(settings), limits=limits, outside=outside)
    spans = start_tracing("gateway")
    if spans is not None:
        app = TracedApp(app, spans)
    app = service.measured(app, "gateway", settings=settings)
    return server_config(app, host=settings.gateway_host, port=settings.gateway_port)


def _bell(settings: Settings) -> Ring:
    if settings.broker_url is None:
        return no_ring
    return Bells(make_broker(settings.broker_url.get_secret_value())).ring_after_publish


def _shared_buckets(settings: Settings) -> SharedBuckets | None:
    """Give the buckets of all gateways, if the broker is a Redis."""
    url = "" if settings.broker_url is None else settings.broker_url.get_secret_value()
    return SharedBuckets(url) if url.startswith(REDIS_SCHEMES) else None


if __name__ == "__main__":
    service.run_service("gateway", threads=THREADS, configure=_configure)
