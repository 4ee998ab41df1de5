"""Runs the sandbox until it is asked to stop, for all providers of which a URL is on this machine.

EXPO_URL, TWILIO_URL and SMTP_URL say where; TWILIO_ACCOUNT_SID and the like, who we are there.
"""

import signal
import sys
from dataclasses import replace
from threading import Event
from urllib.parse import urlsplit

from pydantic import SecretStr

from workers.errors import CommandError
from workers.log import configure_logging, logger
from workers.sandbox.http import HOST
from workers.sandbox.running import Ports, Rules, running_sandbox
from workers.settings import Settings, load_settings


def rules_of(settings: Settings) -> Rules:
    """Give the account that the settings know, so that senders and sandbox agree."""
    usual = Rules()
    token, secret = settings.expo_access_token, settings.twilio_auth_token
    public = settings.gateway_public_url
    inbound = None if public is None else f"{_plain(public).rstrip('/')}/webhooks/twilio/inbound"
    return Rules(
        expo=replace(usual.expo, access_token=None if token is None else _plain(token)),
        twilio=replace(
            usual.twilio,
            account_sid=settings.twilio_account_sid or usual.twilio.account_sid,
            auth_token=usual.twilio.auth_token if secret is None else _plain(secret),
            service_sid=settings.twilio_messaging_service_sid or usual.twilio.service_sid,
            inbound_url=inbound,
        ),
    )


def main() -> int:
    """Serve; the exit code."""
    try:
        settings = load_settings()
    except CommandError as error:
        sys.exit(f"sandbox: {error}")
    configure_logging(settings.log_format, process="sandbox", least=settings.log_level)
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    ports = Ports(
        expo=_port(settings.expo_url),
        twilio=_port(settings.twilio_url),
        smtp=_port(settings.smtp_url),
    )
    directory = settings.momento_home / "sandbox"
    with running_sandbox(directory, ports=ports, rules=rules_of(settings)) as sandbox:
        urls = {"expo": sandbox.expo_server.url, "twilio": sandbox.twilio_server.url}
        logger("sandbox").info("sandbox.started", **urls, smtp=sandbox.smtp.url)
        stop.wait()
    return 0


def _port(url: SecretStr | None) -> int:
    """The port of a URL on this machine; any other provider gets one that nobody asks."""
    parts = urlsplit("" if url is None else _plain(url))
    return parts.port or 0 if parts.hostname == HOST else 0


def _plain(secret: SecretStr) -> str:
    return secret.get_secret_value()


if __name__ == "__main__":
    sys.exit(main())
