"""Starts the worker processes: dramatiq's own command, with our settings."""

import sys

from dramatiq import cli

from domain.catalogue import LANES
from workers.settings import load_settings

STOP_WITHIN_MS = 8_000


def main() -> int:
    """Run until asked to stop; the exit code."""
    settings = load_settings()
    parser = cli.make_argument_parser()  # type: ignore[no-untyped-call]
    arguments = parser.parse_args(
        [
            "workers.actors:start",
            "--processes",
            str(settings.momento_worker_processes),
            "--threads",
            str(len(LANES)),
            "--worker-shutdown-timeout",
            str(STOP_WITHIN_MS),
            "--skip-logging",
            "--use-spawn",
        ]
    )
    code: int = cli.main(arguments)  # type: ignore[no-untyped-call]
    return code


if __name__ == "__main__":
    sys.exit(main())
