"""Decides whether spans are made for OpenTelemetry; if not, nothing of it is even imported."""

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from workers.errors import CommandError

if TYPE_CHECKING:
    from workers.spans import Spans

ENDPOINTS: Final = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
MISSING: Final = (
    "OpenTelemetry's variables are set, and its packages are missing."
    " Install them: pip install 'momento-workers[otel]'."
)


def start_tracing(process: str, environ: Mapping[str, str] = os.environ) -> "Spans | None":
    """Begin to make spans if somebody wants them. Call it in the process that makes them.

    Raises CommandError if they can't be sent as the variables say.
    """
    if not is_wanted(environ):
        return None
    try:
        from workers.spans import Spans, exporter_named  # noqa: PLC0415 - it is optional
    except ImportError:
        raise CommandError(MISSING) from None
    exporter = exporter_named(environ.get("OTEL_TRACES_EXPORTER") or "otlp")
    return Spans(exporter, environ.get("OTEL_SERVICE_NAME") or f"momento-{process}")


def is_wanted(environ: Mapping[str, str]) -> bool:
    """Say whether OpenTelemetry's variables ask for traces."""
    exporter = environ.get("OTEL_TRACES_EXPORTER", "")
    if exporter == "none" or environ.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return False
    return bool(exporter) or any(environ.get(name) for name in ENDPOINTS)
