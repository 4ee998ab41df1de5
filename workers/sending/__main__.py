"""Runs a crew for each channel and one for refunds, as far as the settings name who is asked.

It ends when it is asked to stop.
"""

import os
import signal
import sys
import threading
import time
from datetime import timedelta
from typing import Final
from urllib.parse import urlsplit

from domain.tables.notifications import Channel
from workers.clock import utc_now
from workers.database import make_engine
from workers.errors import CommandError
from workers.exposition import serve_figures
from workers.lifetime import begin, finish
from workers.log import logger
from workers.providers.senders import make_senders, make_till
from workers.providers.session import LOOPBACK
from workers.refunding.desk import REFUNDS, RefundDesk
from workers.reporting import Presence, make_reporter
from workers.sending.crew import Crew, Desk
from workers.sending.desk import SendingDesk
from workers.sending.mail import EmailOutlet
from workers.sending.outlet import Outlet
from workers.sending.push import PushOutlet
from workers.sending.sms import SmsOutlet
from workers.settings import Settings
from workers.tracing import start_tracing

# What a provider hasn't answered by then is unknown, and settled as after a crash.
STOP_WITHIN: Final = timedelta(seconds=6)
SANDBOX_MPS: Final = 100.0
# A crew uses a connection for each of its threads.
CONNECTIONS: Final = 32


def make_outlets(settings: Settings) -> list[Outlet]:
    """Give the channels that somebody has set up, or a sandbox stands in for."""
    senders = make_senders(settings)
    outlets: list[Outlet] = []
    if senders.pusher is not None:
        outlets.append(PushOutlet(senders.pusher, utc_now))
    if senders.texter is not None:
        outlets.append(SmsOutlet(senders.texter, utc_now, _segments_a_second(settings)))
    if senders.mailer is not None:
        outlets.append(EmailOutlet(senders.mailer, utc_now, _unsubscribing(settings)))
    return outlets


def _unsubscribing(settings: Settings) -> str | None:
    """Give where mail may be ended; real mail never names an address of this machine."""
    public = settings.gateway_public_url
    if public is None:
        return None
    url = public.get_secret_value()
    is_local = urlsplit(url).hostname in LOOPBACK
    return None if is_local and "smtp" not in settings.sandbox_providers else url


def _segments_a_second(settings: Settings) -> float:
    """Give the rate that the account allows; a sandbox allows more."""
    is_sandbox = "twilio" in (settings.sandbox_providers)
    return SANDBOX_MPS if is_sandbox else settings.twilio_mps


def main() -> int:
    """Send until asked to stop; the exit code."""
    settings = begin("sender")
    if settings.database_url is None:
        sys.exit("sender: DATABASE_URL must be set; or start the sender with momento up")
    engine = make_engine(
        settings.database_url.get_secret_value(), process="sender", pool_size=CONNECTIONS
    )
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    outlets = make_outlets(settings)
    try:
        spans = start_tracing("sender")
    except CommandError as error:
        sys.exit(f"sender: {error}")
    desks: list[Desk] = [SendingDesk(engine, outlet, utc_now, spans) for outlet in outlets]
    till = make_till(settings)
    if till is not None:
        desks.append(RefundDesk(engine, till, utc_now))
    crews = [Crew(desk, stopping) for desk in desks]
    _say_started({desk.name for desk in desks})
    log = logger("sender")
    reporter = make_reporter(
        settings.database_url.get_secret_value(),
        Presence(
            "sender",
            tuple(sorted(desk.name for desk in desks)),
            serve_figures(settings, "sender"),
        ),
    )
    reporter.start()
    for crew in crews:
        crew.start()
    stopping.wait()
    log.info("sender.stopping")
    deadline = time.monotonic() + STOP_WITHIN.total_seconds()
    for crew in crews:
        crew.wait(deadline)
    reporter.stop()
    if spans is not None:
        spans.stop()
    log.info("sender.stopped")
    finish()
    # A thread may wait for a provider that says nothing.
    os._exit(0)


def _say_started(names: set[str]) -> None:
    log = logger("sender")
    log.info("sender.started", channels=sorted(map(str, names)))
    if missing := sorted({*map(str, Channel), REFUNDS} - names):
        log.warning("channels.not_set_up", channels=missing, hint="see Environment in the README")


if __name__ == "__main__":
    sys.exit(main())
