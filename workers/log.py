"""Logs with structlog: one line for each thing that happened, as JSON or for people to read.

A line is a constant name, noun first (`batch.applied`), with fields. It holds ids and counts,
never what people wrote, nor how to reach them.
"""

import logging
import sys
from typing import Any, Final, Literal

import structlog
from structlog.typing import EventDict, Processor

from workers.sentry import SENTRY

# Libraries that tell much about themselves; what matters of it we say ourselves.
QUIET: Final = ("dramatiq", "pika", "apscheduler", "uvicorn.access", "httpx", "alembic")
# These log what they ask and are answered, at any level: how to reach people may stand in it.
SILENT: Final = ("urllib3", "stripe", "sentry_sdk")

Format = Literal["json", "console"]


def configure_logging(style: Format, *, process: str, least: str = "info") -> None:
    """Send all lines of this process, the libraries' too, to standard output.

    `least` is the lowest level that is shown: debug, info, warning or error.
    """
    level = logging.getLevelNamesMapping()[least.upper()]
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _name_process(process),
        _keep_errors_short,
        SENTRY,
    ]
    renderer: Processor = (
        structlog.processors.JSONRenderer(sort_keys=False)
        if style == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stdout.isatty(), pad_event_to=28)
    )
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stdout),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in QUIET:
        logging.getLogger(name).setLevel(max(level, logging.WARNING))
    for name in SILENT:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)


def _name_process(process: str) -> Processor:
    def add(_logger: Any, _method: str, line: EventDict) -> EventDict:
        return {**line, "process": process}

    return add


def _keep_errors_short(_logger: Any, _method: str, line: EventDict) -> EventDict:
    """Replace an exception by its class: messages of errors may hold what people wrote."""
    error = line.pop("exc_info", None)
    if error:
        caught = error if isinstance(error, BaseException) else sys.exc_info()[1]
        line["error"] = type(caught).__name__
    return line


def logger(name: str) -> Any:
    """A logger that says which module speaks."""
    # Not bound yet: it takes its shape when first used, after logging was configured.
    return structlog.get_logger(module=name)
