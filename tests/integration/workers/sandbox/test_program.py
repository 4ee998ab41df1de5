"""`python -m workers.sandbox`: what the settings name, until asked to stop."""

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from tests.helpers.sandbox import email, push, told_in
from workers.errors import CommandError
from workers.ports import free_ports
from workers.providers.expo import ExpoPusher
from workers.providers.ports import Accepted
from workers.providers.smtp import Relay, SmtpMailer
from workers.sandbox.client import SandboxClient


def test_it_serves_until_asked_to_stop(tmp_path: Path) -> None:
    environment = os.environ | {
        "MOMENTO_HOME": str(tmp_path),
        "LOG_FORMAT": "json",
        "EXPO_ACCESS_TOKEN": "secret",
        "TWILIO_ACCOUNT_SID": "AC1",
        "TWILIO_AUTH_TOKEN": "secret",
        "TWILIO_MESSAGING_SERVICE_SID": "MG1",
        "SANDBOX_PROVIDERS": "expo,smtp",
        "SANDBOX_URL": f"http://sandbox:key@127.0.0.1:{free_ports('127.0.0.1', [0])[0]}",
    }
    command = [sys.executable, "-m", "workers.sandbox"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        started: dict[str, Any] = json.loads(process.stdout.readline())
        pusher = ExpoPusher(SecretStr("secret"), url=started["expo"])
        assert isinstance(pusher.push([push()])[0], Accepted)
        pusher.close()
        mailer = SmtpMailer(Relay(SecretStr(started["smtp"]), "a@momento.example"))
        assert isinstance(mailer.mail(email(2)), Accepted)
        assert httpx.get(f"{started['twilio']}/").status_code == 401
        client = SandboxClient(SecretStr(environment["SANDBOX_URL"]))
        assert client.calm() == 0
        # A real account, which isn't stood in for: nothing is signed in its name.
        with pytest.raises(CommandError, match="doesn't stand in for twilio"):
            client.text("+14155550001", "STOP")
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
        rest = process.stdout.read()
    assert b"key" not in rest
    assert told_in(tmp_path / "sandbox" / "journal.jsonl") == ["n1", "n2"]


@pytest.mark.parametrize("taken", ["SMTP_URL", "SANDBOX_URL"])
def test_a_port_that_is_taken_is_said_in_one_line(tmp_path: Path, taken: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        urls = {
            "SMTP_URL": f"smtp://127.0.0.1:{port}",
            "SANDBOX_URL": f"http://sandbox:hunter2@127.0.0.1:{port}",
        }
        result = subprocess.run(
            [sys.executable, "-m", "workers.sandbox"],
            env=os.environ | {"MOMENTO_HOME": str(tmp_path), taken: urls[taken]},
            check=False,
            capture_output=True,
            text=True,
        )
    assert result.returncode == 1
    (line,) = result.stderr.splitlines()
    assert f"sandbox: can't serve at the ports {port}" in line
    assert "hunter2" not in line
