"""The dashboard in a process of its own, as in production, which also counts what it asks.

The arguments: its port. Answers `/bench` with what it has counted so far.
"""

import os
import sys
import threading
from typing import Any

import psutil
import psycopg
import uvicorn
from sqlalchemy import event
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from dashboard.__main__ import server_config
from dashboard.app import make_app
from dashboard.collecting import Collector
from dashboard.context import THREADS
from dashboard.probe import BrokerProbe
from workers.database import make_engine
from workers.log import configure_logging

PLACE = "/bench"
COLLECTOR = "collecting"


class Counted:
    """An application that tells what its process has used; `statements` are those for pages."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.statements = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer."""
        if scope["type"] == "http" and scope["path"] == PLACE:
            await JSONResponse(self._used())(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def listen(self, connection: psycopg.Connection[Any], _record: object) -> None:
        """Count what is asked on a new connection."""
        counted = self

        class Counting(psycopg.Cursor[Any]):
            def execute(self, *arguments: Any, **options: Any) -> "Counting":
                counted.statements += 1
                super().execute(*arguments, **options)
                return self

        connection.cursor_factory = Counting

    def _used(self) -> dict[str, float]:
        process = psutil.Process()
        threads = {each.id: each.user_time + each.system_time for each in process.threads()}
        collector = next(each for each in threading.enumerate() if each.name == "collector")
        times = process.cpu_times()
        return {
            "statements": self.statements,
            "cpu_s": times.user + times.system,
            "collector_cpu_s": threads.get(collector.native_id or 0, 0.0),
            "memory_mb": process.memory_info().rss / 1e6,
            "files": process.num_fds(),
        }


def main() -> None:
    """Serve until the process is ended."""
    configure_logging("json", process="bench", least="error")
    url = os.environ["DATABASE_URL"]
    engine = make_engine(url, process="dashboard", pool_size=THREADS)
    counted = Counted(make_app(engine))
    event.listen(engine, "connect", counted.listen)
    own = make_engine(url, process="dashboard", pool_size=1, called=COLLECTOR)
    Collector(own, BrokerProbe(os.environ["BROKER_URL"]).look).start()
    # A port of its own choosing would be bound by us, and such a socket holds small packets back.
    config = server_config(counted, host="127.0.0.1", port=int(sys.argv[1]))
    uvicorn.Server(config).run()


if __name__ == "__main__":
    main()
