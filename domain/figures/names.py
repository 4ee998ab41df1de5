"""Every figure that processes add up: its name, what it means, and its labels.

Labels are bounded: words of the code, never an id, a text that somebody wrote, or anything else
that is somebody's (guarantee G15). For Prometheus counters end in `_total` and all begin with
`momento_`.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Kind(StrEnum):
    """How a figure adds up: how many, or how many in each bucket of seconds."""

    COUNTER = "counter"
    HISTOGRAM = "histogram"


@dataclass(frozen=True, slots=True)
class Metric:
    """A figure that processes add up."""

    name: str
    kind: Kind
    sentence: str
    labels: tuple[str, ...] = ()


def _counter(name: str, sentence: str, *labels: str) -> Metric:
    return Metric(name, Kind.COUNTER, sentence, labels)


def _histogram(name: str, sentence: str, *labels: str) -> Metric:
    return Metric(name, Kind.HISTOGRAM, sentence, labels)


SETTLED: Final = _counter(
    "deliveries_settled",
    "Deliveries by what came of a try: done, rejected, deferred, failed, dead, suspected.",
    *("handler", "lane", "state"),
)
WAIT: Final = _histogram(
    "delivery_wait_seconds",
    "From received, or due again after a deferral, to begun; retries aren't counted.",
    *("handler", "lane"),
)
RUN: Final = _histogram(
    "batch_run_seconds",
    "From claimed to committed, once a batch; batches in which something failed aren't counted.",
    *("handler", "lane"),
)
ROUTED: Final = _counter("outbox_routed", "Domain events that left the outbox.")
OUTBOX_LAG: Final = _histogram(
    "outbox_lag_seconds", "From received to routed, of the longest that waited of each portion."
)
INTERRUPTED: Final = _counter(
    "deliveries_interrupted",
    "Deliveries that were in hand when their process or its connection ended.",
    "handler",
)
NOTIFIED: Final = _counter(
    "notifications",
    "Notifications by what became of them: sent, delivered, failed, suppressed, expired, unknown.",
    *("channel", "status"),
)
HANDED_OVER: Final = _histogram(
    "notification_handover_seconds",
    "From a domain event received to the provider's yes, of what was to go out at once.",
    "channel",
)
ASKED_PROVIDER: Final = _histogram(
    "provider_request_seconds", "How long a provider takes for one request.", "channel"
)
RUNS: Final = _counter(
    "schedule_runs", "Runs of schedules by how they ended.", *("schedule", "result")
)
RUN_TIME: Final = _histogram("schedule_run_seconds", "How long runs take.", "schedule")
ANSWERED: Final = _counter(
    "http_requests", "Requests by what answered them, and its status.", *("endpoint", "status")
)
ANSWER_TIME: Final = _histogram(
    "http_request_seconds", "How long answers to requests take.", "endpoint"
)

METRICS: Final = {
    metric.name: metric
    for metric in (
        *(SETTLED, WAIT, RUN, ROUTED, OUTBOX_LAG, INTERRUPTED),
        *(NOTIFIED, HANDED_OVER, ASKED_PROVIDER, RUNS, RUN_TIME, ANSWERED, ANSWER_TIME),
    )
}
