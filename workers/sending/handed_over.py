"""What is shown of a notification that was handed over, in logs and traces."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class HandedOver:
    """A handover as a span shows it; `trouble` is a code if it went wrong."""

    handover_id: str
    notification_id: str
    traceparent: str | None
    trouble: str | None = None
