"""How each of our processes begins and ends: with its settings, and with all that it logged."""

import sys

from workers.errors import CommandError
from workers.log import configure_logging
from workers.sentry import SENTRY
from workers.settings import Settings, load_settings


def begin(process: str) -> Settings:
    """Read the settings and begin to log as they say; one line says why if that can't be."""
    try:
        settings = load_settings()
        configure_logging(settings.log_format, process=process, least=settings.log_level)
        SENTRY.start(settings)
    except CommandError as error:
        sys.exit(f"{process}: {error}")
    return settings


def finish() -> None:
    """Hand over all that was logged, before a process ends in whichever way."""
    SENTRY.finish()
    sys.stdout.flush()
