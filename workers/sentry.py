"""Sends what is logged at error and critical to Sentry, where SENTRY_DSN is set.

An event holds what its log line holds and nothing else: no message of an error, no stack, nothing
of the machine or a request. Whoever logs waits for nothing; what finds no room is dropped.
"""

import contextlib
from collections.abc import Iterator
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final

from structlog.typing import EventDict

from domain.fingerprint import fingerprint_of
from workers.errors import CommandError
from workers.settings import Settings

if TYPE_CHECKING:
    from sentry_sdk import Client
    from sentry_sdk.types import Event

MISSING: Final = (
    "SENTRY_DSN is set, and Sentry's package is missing."
    " Install it: pip install 'momento-workers[sentry]'."
)
# At an orderly end, what waits to be sent is waited for so long.
FINISH_WITHIN_S: Final = 2.0
# Of our levels those that are sent, and how Sentry calls them.
LEVELS: Final = {"error": "error", "critical": "fatal"}
TAGS: Final = ("process", "lane", "handler")
# As many characters as Sentry takes.
LONGEST_TAG: Final = 200
# By what lines of one name are told apart, whichever process says them.
KINDS: Final = ("handler", "channel", "name", "error", "reason")
# What has a place of its own in an event.
PLACED: Final = {"event", "level", "module", "timestamp", *TAGS}
# What a library says may be anything: this stands for it.
LIBRARY: Final = "library.failed"


class Sentry:
    """A processor of log lines: passes each on as it is, and sends those that tell of errors."""

    def __init__(self) -> None:
        """Send nothing before it is started."""
        self._client: Client | None = None

    def start(self, settings: Settings) -> None:
        """Begin to send, if somebody wants it; raises CommandError if that can't be."""
        if settings.sentry_dsn is None:
            return
        try:
            from sentry_sdk import Client  # noqa: PLC0415 - it is optional
        except ImportError:
            raise CommandError(MISSING) from None
        self._client = Client(
            settings.sentry_dsn.get_secret_value(),
            release=f"momento-workers@{version('momento-workers')}",
            # Sentry takes no spaces there.
            environment=settings.momento_environment.replace(" ", "-"),
            shutdown_timeout=FINISH_WITHIN_S,
            # All below: to add nothing of its own, and to heed no variables but ours.
            server_name="",
            default_integrations=False,
            auto_enabling_integrations=False,
            max_breadcrumbs=0,
            include_local_variables=False,
            include_source_context=False,
            max_request_body_size="never",
            auto_session_tracking=False,
            send_client_reports=False,
            enable_backpressure_handling=False,
            spotlight=False,
            debug=False,
        )

    def __call__(self, _logger: Any, _method: str, line: EventDict) -> EventDict:
        """Send a line if it tells of an error."""
        client = self._client
        if client is not None and line.get("level") in LEVELS:
            # Whatever is wrong with Sentry, the line is to be logged.
            with contextlib.suppress(Exception):
                client.capture_event(event_of(line))
        return line

    def finish(self) -> None:
        """Send nothing more; what waits to be sent has two seconds."""
        client, self._client = self._client, None
        if client is not None:
            client.close()


# That of this process.
SENTRY: Final = Sentry()


def event_of(line: EventDict) -> "Event":
    """Give a line as an event of Sentry."""
    line = _without_text(line)
    return {
        "message": line["event"],
        "level": LEVELS[line["level"]],  # type: ignore[typeddict-item]
        "logger": str(line.get("module", "")),
        "timestamp": line["timestamp"],
        "tags": {name: str(line[name])[:LONGEST_TAG] for name in TAGS if name in line},
        "extra": {name: value for name, value in line.items() if name not in PLACED},
        "fingerprint": list(_fingerprint(line)),
    }


def _without_text(line: EventDict) -> EventDict:
    """Give a library's line with no more than who speaks, and the class of an error."""
    record = line.get("_record")
    if record is None:
        return line
    known = {name: line[name] for name in ("level", "timestamp", "process") if name in line}
    error = {"error": line["error"]} if "error" in line else {}
    return {"event": LIBRARY, "module": record.name, **known, **error}


def _fingerprint(line: EventDict) -> Iterator[str]:
    """Name the kind of a line, the same in every process and version."""
    yield line["event"]
    if line["event"] == LIBRARY:
        yield line["module"]
    for name in KINDS:
        if line.get(name) is not None:
            yield fingerprint_of(str(line[name]))
