"""What is logged at error and critical goes to Sentry as it is logged, and nothing waits for it."""

import json
import os
import sys
import time
from pathlib import Path
from subprocess import PIPE, STDOUT, CompletedProcess, run
from typing import Final

import pytest

from tests.helpers.sentry import KEY, PROJECT, a_sentry
from workers.reporting import our_version

CANARY: Final = "Canary 4915112345678"
BEGIN: Final = """
import logging, sys, time
from workers.lifetime import begin, finish
from workers.log import logger
"""
SPEAK: Final = f"""
begin("relay")
secret = "{CANARY}"
log = logger("work")
log.info("batch.applied", handler="users.a")
log.warning("database.away")
try:
    raise ValueError(secret)
except ValueError:
    log.error(
        "deliveries.failed", handler="users.a", lane="plans", count=3, exc_info=True
    )
    logging.getLogger("uvicorn.error").exception("it said %s", secret)
log.critical("thread.died", threads=["one"])
logging.getLogger("uvicorn.error").info("it said %s", secret)
finish()
"""
MANY: Final = """
begin("relay")
began = time.monotonic()
for number in range(500):
    logger("work").error("chore.failed", error=str(number))
logged = time.monotonic() - began
finish()
print(f"{logged} {time.monotonic() - began - logged}")
"""


def running(program: str, dsn: str, **environment: str) -> CompletedProcess[str]:
    """Run a program that begins and ends as each process of ours does."""
    wanted = {"SENTRY_DSN": dsn, "LOG_FORMAT": "json", "MOMENTO_ENVIRONMENT": "the stage"}
    return run(
        [sys.executable, "-c", BEGIN + program, "argument"],
        env={"PATH": os.environ["PATH"], **wanted, **environment},
        stdout=PIPE,
        stderr=STDOUT,
        text=True,
        check=False,
        timeout=30,
    )


class TestWhatIsSent:
    def test_it_is_the_line_and_nothing_else(self) -> None:
        with a_sentry() as sentry:
            # What asks the SDK for more than we want of it.
            more = {"SENTRY_DEBUG": "1", "SENTRY_SPOTLIGHT": f"{sentry.url}/api/9/envelope/"}
            ended = running(SPEAK, sentry.dsn, LOG_LEVEL="debug", **more)
        assert ended.returncode == 0, ended.stdout
        lines = [json.loads(line) for line in ended.stdout.splitlines()]
        assert [line["event"] for line in lines if line["level"] in ("error", "critical")] == [
            "deliveries.failed",
            f"it said {CANARY}",
            "thread.died",
        ]
        failed, library, died = sentry.events
        line = next(line for line in lines if line["event"] == "deliveries.failed")
        assert failed.pop("event_id")
        assert failed.pop("sdk").keys() == {"name", "version", "packages", "integrations"}
        assert failed == {
            "message": "deliveries.failed",
            "level": "error",
            "logger": "work",
            "timestamp": line["timestamp"],
            "tags": {"process": "relay", "lane": "plans", "handler": "users.a"},
            "extra": {"count": 3, "error": "ValueError"},
            "fingerprint": ["deliveries.failed", "users.a", "ValueError"],
            "release": f"momento-workers@{our_version()}",
            "environment": "the-stage",
            "platform": "python",
            "server_name": "",
        }
        assert (died["message"], died["level"]) == ("thread.died", "fatal")
        assert died["extra"] == {"threads": ["one"]}
        assert library["logger"] == "uvicorn.error"
        assert library["fingerprint"] == ["library.failed", "uvicorn.error", "ValueError"]
        assert library["extra"] == {"error": "ValueError"}
        for request in sentry.requests:
            assert request.startswith(f"/api/{PROJECT}/envelope/\n")
            assert f"sentry_key={KEY}," in request
        sent = "".join(sentry.requests)
        for secret in (CANARY, "argument", os.uname().nodename, str(Path.cwd())):
            assert secret not in sent
        assert KEY not in ended.stdout


class TestSentryInTrouble:
    @pytest.mark.parametrize(
        ("status", "hangs", "asked"), [(500, False, 100), (429, False, 1), (200, True, 1)]
    )
    def test_nothing_waits_for_it(self, status: int, hangs: bool, asked: int) -> None:  # noqa: FBT001
        with a_sentry(status=status, hangs=hangs) as sentry:
            began = time.monotonic()
            ended = running(MANY, sentry.dsn)
            took_s = time.monotonic() - began
        assert ended.returncode == 0, ended.stdout
        *lines, times = ended.stdout.splitlines()
        # All of it was logged, and nothing about Sentry.
        assert len(lines) == 500
        assert {json.loads(line)["event"] for line in lines} == {"chore.failed"}
        logging_s, finishing_s = map(float, times.split())
        assert logging_s < 3
        assert finishing_s < 2.5
        assert took_s < 10
        # Nothing is sent twice; what finds no room in the queue isn't sent at all.
        assert asked <= len(sentry.requests) < 500
        assert status != 429 or len(sentry.requests) == 1
        assert len({event["event_id"] for event in sentry.events}) == len(sentry.events)


class TestWithoutTheMeans:
    def test_one_line_says_that_the_package_is_missing(self) -> None:
        ended = running("sys.modules['sentry_sdk'] = None\nbegin('relay')", "https://a@b.example/1")
        assert ended.returncode == 1
        assert ended.stdout == (
            "relay: SENTRY_DSN is set, and Sentry's package is missing."
            " Install it: pip install 'momento-workers[sentry]'.\n"
        )

    def test_nothing_of_it_is_there_where_nobody_wants_it(self) -> None:
        ended = running(SPEAK + "sys.exit('sentry_sdk' in sys.modules)", "")
        assert ended.returncode == 0, ended.stdout

    def test_what_is_no_dsn_is_refused_without_being_shown(self) -> None:
        program = "import runpy; runpy.run_module('workers', run_name='__main__')"
        ended = running(program, f"https://{KEY}@sentry.example/{PROJECT}x")
        assert ended.returncode == 1
        assert ended.stdout == (
            "worker: SENTRY_DSN: is no DSN of Sentry; use https://KEY@HOST/PROJECT.\n"
        )
