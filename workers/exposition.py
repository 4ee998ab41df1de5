"""Shows a process's figures to Prometheus: in its text format, to whoever may see them.

Nothing personal is in them: labels are words of the code (guarantee G15). Still they say how a
business goes, so without METRICS_TOKEN only this very machine gets them.
"""

import hmac
import ipaddress
import threading
from collections.abc import Callable, Iterable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

from prometheus_client import (
    CollectorRegistry,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector
from pydantic import SecretStr

from domain.figures.buckets import BOUNDS_S
from domain.figures.names import METRICS, Kind
from domain.figures.recorder import Key, Recorder, Tally
from workers.log import logger
from workers.measuring import MEASURES
from workers.reporting import our_version
from workers.settings import Settings

PREFIX: Final = "momento_"
CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
PATH: Final = "/metrics"
# So many ports are tried, from the one that the settings name.
PORTS: Final = 100
REFUSED: Final = "Figures are shown on this machine, or for METRICS_TOKEN as a bearer token.\n"
# What a proxy on this machine adds: then it asks for somebody else.
FORWARDED: Final = frozenset({"forwarded", "x-forwarded-for", "x-real-ip"})

More = Callable[[], Iterable[Metric]]


class _Figures(Collector):
    """What the process has measured."""

    def __init__(self, process: str, recorder: Recorder) -> None:
        self._process = process
        self._recorder = recorder

    def collect(self) -> Iterator[Metric]:
        """Give all of it."""
        built = GaugeMetricFamily(
            f"{PREFIX}build_info", "Which version runs.", labels=("process", "version")
        )
        built.add_metric((self._process, our_version()), 1)
        yield built
        by_name: dict[str, list[tuple[Key, Tally]]] = {}
        for key, tally in self._recorder.totals().items():
            by_name.setdefault(key.name, []).append((key, tally))
        for name, tallies in by_name.items():
            yield _family(name, tallies)


def _family(name: str, tallies: Iterable[tuple[Key, Tally]]) -> Metric:
    metric = METRICS[name]
    if metric.kind is Kind.COUNTER:
        counter = CounterMetricFamily(PREFIX + name, metric.sentence, labels=metric.labels)
        for key, tally in tallies:
            counter.add_metric(key.values, tally.count)
        return counter
    histogram = HistogramMetricFamily(PREFIX + name, metric.sentence, labels=metric.labels)
    for key, tally in tallies:
        histogram.add_metric(key.values, _buckets(tally), tally.total_s)
    return histogram


def _buckets(tally: Tally) -> list[tuple[str, float]]:
    """Give buckets as Prometheus wants them: each with all that are below."""
    assert tally.buckets is not None
    upto, listed = 0, []
    bounds = [*(f"{bound:g}" for bound in BOUNDS_S), "+Inf"]
    for bound, count in zip(bounds, tally.buckets, strict=True):
        upto += count
        listed.append((bound, float(upto)))
    return listed


class _More(Collector):
    """What else there is to show."""

    def __init__(self, more: More) -> None:
        self._more = more

    def collect(self) -> Iterable[Metric]:
        """Give it."""
        return self._more()


def make_registry(
    process: str, *, recorder: Recorder | None = None, more: More | None = None
) -> CollectorRegistry:
    """Put together what a process shows: its figures, its memory and CPU, and more if asked."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Figures(process, recorder or MEASURES.recorder))
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    if more is not None:
        registry.register(_More(more))
    return registry


def shown(registry: CollectorRegistry) -> bytes:
    """Write it in Prometheus's text format."""
    return generate_latest(registry)


def may_see(
    token: SecretStr | None, *, peer: str | None, headers: Iterable[tuple[str, str]]
) -> bool:
    """Say whether whoever asks may see figures: by the token if there is one, else by address."""
    listed = {name.lower(): value for name, value in headers}
    if token is not None:
        wanted = f"Bearer {token.get_secret_value()}"
        return hmac.compare_digest(listed.get("authorization", "").encode(), wanted.encode())
    return not FORWARDED & listed.keys() and _is_here(peer)


def _is_here(peer: str | None) -> bool:
    try:
        return peer is not None and ipaddress.ip_address(peer).is_loopback
    except ValueError:
        return False


def serve_figures(settings: Settings, process: str, *, more: More | None = None) -> str | None:
    """Show figures on the first free port from METRICS_PORT on; give where, or None if nowhere.

    Never fails: a process whose ports are all taken goes on without.
    """
    if not settings.metrics_port:
        return None
    host = settings.metrics_host
    handler = _handler(make_registry(process, more=more), settings.metrics_token)
    for port in range(settings.metrics_port, min(settings.metrics_port + PORTS, 65_536)):
        try:
            server = ThreadingHTTPServer((host, port), handler)
        except OSError:
            continue
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True, name="metrics").start()
        return f"{host}:{port}"
    logger(process).warning("metrics.not_shown", host=host, from_port=settings.metrics_port)
    return None


def _handler(registry: CollectorRegistry, token: SecretStr | None) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        """Answers to GET /metrics, and to nothing else."""

        timeout = 5
        server_version = "momento"
        sys_version = ""

        def do_GET(self) -> None:
            """Show the figures."""
            if self.path.partition("?")[0] != PATH:
                self._answer(404, b"There is only /metrics.\n")
            elif may_see(token, peer=self.client_address[0], headers=self.headers.items()):
                self._answer(200, shown(registry))
            else:
                self._answer(403, REFUSED.encode())

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

        def _answer(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", CONTENT_TYPE)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    return Handler
