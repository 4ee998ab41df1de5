"""Runs the sandbox until it is asked to stop.

It stands in for SANDBOX_PROVIDERS, or else for those of which the URL is on this machine: EXPO_URL,
TWILIO_URL, SMTP_URL and STRIPE_URL say where, TWILIO_ACCOUNT_SID, STRIPE_API_KEY and the like who
we are there. Orders are taken at SANDBOX_URL, if it is set.
"""

import signal
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from threading import Event
from typing import Final
from urllib.parse import urlsplit

from pydantic import SecretStr

from workers.errors import CommandError
from workers.log import configure_logging, logger
from workers.running import JOURNAL
from workers.sandbox.carrier import carrying, telling
from workers.sandbox.control import place_in, taking_orders
from workers.sandbox.http import HOST
from workers.sandbox.running import Ports, Rules, Sandbox, running_sandbox
from workers.sandbox.stripe import StripeRules
from workers.sandbox.stripe_hooks import Endpoint
from workers.sandbox.twilio_rules import TwilioRules
from workers.settings import Provider, Settings, load_settings

INBOUND_PATH: Final = "/webhooks/twilio/inbound"
STRIPE_PATH: Final = "/webhooks/stripe"
PROVIDERS: Final[tuple[Provider, ...]] = ("expo", "twilio", "smtp", "stripe")


def stood_in_for(settings: Settings) -> frozenset[Provider]:
    """Give the providers that the sandbox is."""
    if settings.sandbox_providers:
        return settings.sandbox_providers
    return frozenset(name for name in PROVIDERS if _port(_url(settings, name)))


def rules_of(settings: Settings) -> Rules:
    """Give the accounts that the settings know, so that senders and sandbox agree.

    Where a provider isn't stood in for its account is a real one: nothing is signed with it here.
    """
    usual, providers = Rules(), stood_in_for(settings)
    token = settings.expo_access_token
    if "expo" in providers and token is not None:
        usual = replace(usual, expo=replace(usual.expo, access_token=_plain(token)))
    if "twilio" in providers:
        usual = replace(usual, twilio=_twilio_rules(settings, usual.twilio))
    if "stripe" in providers and settings.stripe_api_key is not None:
        usual = replace(usual, stripe=_stripe_rules(settings, settings.stripe_api_key))
    return usual


def _stripe_rules(settings: Settings, key: SecretStr) -> StripeRules:
    """Without its webhook's secret, or a place to call, it tells nobody of anything."""
    secret, public = settings.stripe_webhook_secret, settings.gateway_public_url
    endpoint = None
    if secret is not None and public is not None:
        first = _plain(secret).partition(",")[0].strip()
        endpoint = Endpoint(f"{_plain(public).rstrip('/')}{STRIPE_PATH}", first)
    return StripeRules(_plain(key), endpoint)


def _twilio_rules(settings: Settings, usual: TwilioRules) -> TwilioRules:
    secret, public = settings.twilio_auth_token, settings.gateway_public_url
    return replace(
        usual,
        account_sid=settings.twilio_account_sid or usual.account_sid,
        auth_token=usual.auth_token if secret is None else _plain(secret),
        service_sid=settings.twilio_messaging_service_sid or usual.service_sid,
        inbound_url=None if public is None else f"{_plain(public).rstrip('/')}{INBOUND_PATH}",
    )


def main() -> int:
    """Serve; the exit code."""
    try:
        settings = load_settings()
        configure_logging(settings.log_format, process="sandbox", least=settings.log_level)
        stop = Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        with _serving(settings) as sandbox:
            urls = {"expo": sandbox.expo_server.url, "twilio": sandbox.twilio_server.url}
            urls |= {"smtp": sandbox.smtp.url, "stripe": sandbox.stripe_server.url}
            logger("sandbox").info("sandbox.started", **urls)
            stop.wait()
    except CommandError as error:
        sys.exit(f"sandbox: {error}")
    return 0


@contextmanager
def _serving(settings: Settings) -> Iterator[Sandbox]:
    """Run what the settings ask for; raises CommandError where that can't be."""
    providers = stood_in_for(settings)
    ports = {name: _port(_url(settings, name)) for name in PROVIDERS if name in providers}
    place = None if settings.sandbox_url is None else place_in(settings.sandbox_url)
    directory = (settings.momento_home / JOURNAL).parent
    with ExitStack() as stack:
        try:
            running = running_sandbox(directory, ports=Ports(**ports), rules=rules_of(settings))
            sandbox = stack.enter_context(running)
            if place is not None:
                stack.enter_context(taking_orders(sandbox, place, providers=providers))
        except OSError as error:
            wanted = [*ports.values(), *([] if place is None else [place.port])]
            at = ", ".join(str(port) for port in wanted if port)
            message = f"can't serve at the ports {at} or write to {directory}: {error.strerror}."
            raise CommandError(message) from None
        stack.enter_context(carrying(sandbox.twilio))
        stack.enter_context(telling(sandbox.stripe))
        yield sandbox


def _url(settings: Settings, provider: Provider) -> SecretStr | None:
    url: SecretStr | None = getattr(settings, f"{provider}_url")
    return url


def _port(url: SecretStr | None) -> int:
    """Give the port of a URL on this machine; 0 for any other, which nobody asks."""
    parts = urlsplit("" if url is None else _plain(url))
    return parts.port or 0 if parts.hostname == HOST else 0


def _plain(secret: SecretStr) -> str:
    return secret.get_secret_value()


if __name__ == "__main__":
    sys.exit(main())
