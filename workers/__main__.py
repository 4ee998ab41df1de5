"""Starts the worker processes: dramatiq's own command, with our settings."""

import os
import sys

from dramatiq import cli

from domain.lanes import LANES
from workers.lifetime import begin, finish

# Waited for twice in a row, for a worker's threads and for its consumers, within ten seconds.
STOP_WITHIN_MS = 6_000
# How long a consumer stays away after trouble with the broker; dramatiq's own pause is 3 s.
AFTER_TROUBLE_MS = "1000"
START = "workers.actors:start"


def main(start: str = START) -> int:
    """Run until asked to stop; the exit code. `start` names the function that makes the broker."""
    settings = begin("worker")
    # Read by dramatiq in the processes that it starts.
    os.environ.setdefault("dramatiq_restart_delay", AFTER_TROUBLE_MS)
    parser = cli.make_argument_parser()  # type: ignore[no-untyped-call]
    arguments = parser.parse_args(
        [
            start,
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
    finish()
    return code


if __name__ == "__main__":
    sys.exit(main())
