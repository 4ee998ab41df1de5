"""`python -m workers.sandbox`: what the settings name, until asked to stop."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
from pydantic import SecretStr

from tests.helpers.sandbox import email, push, told_in
from workers.providers.expo import ExpoPusher
from workers.providers.ports import Accepted
from workers.providers.smtp import Relay, SmtpMailer


def test_it_serves_until_asked_to_stop(tmp_path: Path) -> None:
    environment = os.environ | {
        "MOMENTO_HOME": str(tmp_path),
        "LOG_FORMAT": "json",
        "EXPO_ACCESS_TOKEN": "secret",
        "TWILIO_ACCOUNT_SID": "AC1",
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
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    assert told_in(tmp_path / "sandbox" / "journal.jsonl") == ["n1", "n2"]
