"""Nothing that is said to a provider is in a log line, whatever the level (guarantee G15)."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from tests.helpers.sandbox import NOW, Clock, push, sms, texter_for
from workers.log import configure_logging
from workers.providers.expo import ExpoPusher
from workers.sandbox import running_sandbox


@pytest.fixture(autouse=True)
def _logging_as_it_was() -> Iterator[None]:
    root, configured = logging.getLogger(), structlog.get_config()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.configure(**configured)


def test_no_number_and_no_token_is_logged(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    configure_logging("json", process="test", least="debug")
    logging.getLogger("somebody").debug("says something")
    with running_sandbox(tmp_path, clock=Clock()) as sandbox:
        texter, pusher = texter_for(sandbox), ExpoPusher(None, url=sandbox.expo_server.url)
        texter.text(sms(), now=NOW)
        texter.find(sms().to, body_hash="", since=NOW)
        pusher.push([push()])
        texter.close()
        pusher.close()
    logged = capsys.readouterr().out
    assert "says something" in logged
    assert sms().to.lstrip("+") not in logged
    assert "ExponentPushToken" not in logged
