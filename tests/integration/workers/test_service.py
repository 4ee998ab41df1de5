"""A service that answers over HTTP goes when it is asked to, however early that is."""

import subprocess
import sys
from datetime import timedelta

from tests.helpers.ledger import environment

PATIENCE = timedelta(seconds=60)
# Uvicorn asks for its loop after our own handlers are there, and before it has put its own.
HASTY = """
import signal
import uvicorn
from starlette.applications import Starlette
from workers import service

class Hasty(uvicorn.Config):
    def get_loop_factory(self):
        signal.raise_signal(signal.SIGTERM)
        return super().get_loop_factory()

def configure(settings, engine):
    return Hasty(Starlette(), host="127.0.0.1", port=0, log_config=None)

service.run_service("hasty", threads=1, configure=configure)
"""


def test_asked_to_go_while_it_starts_it_goes(database_url: str) -> None:
    command = [sys.executable, "-c", HASTY]
    settings = environment(DATABASE_URL=database_url)
    seconds = PATIENCE.total_seconds()
    done = subprocess.run(
        command, env=settings, check=True, timeout=seconds, capture_output=True, text=True
    )
    assert "hasty.stopped" in done.stdout + done.stderr
