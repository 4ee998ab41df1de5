"""The sandbox as a whole: a server for each provider, and one journal."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from workers.clock import utc_now
from workers.sandbox.expo import Expo, ExpoRules
from workers.sandbox.faults import Faults
from workers.sandbox.http import HttpServer
from workers.sandbox.journal import Journal
from workers.sandbox.smtp import SmtpServer
from workers.sandbox.smtp_talk import SmtpRules
from workers.sandbox.stripe import Stripe, StripeRules
from workers.sandbox.twilio import Twilio
from workers.sandbox.twilio_rules import TwilioRules


@dataclass(frozen=True, slots=True)
class Ports:
    """Where the servers listen; 0 means wherever there is room."""

    expo: int = 0
    twilio: int = 0
    smtp: int = 0
    stripe: int = 0


@dataclass(frozen=True, slots=True)
class Rules:
    """What the providers have been told about us, and how fast they are."""

    expo: ExpoRules = field(default_factory=ExpoRules)
    twilio: TwilioRules = field(default_factory=TwilioRules)
    smtp: SmtpRules = field(default_factory=SmtpRules)
    stripe: StripeRules = field(default_factory=StripeRules)


class Sandbox:
    """All servers. `directory` keeps the journal, from which a later run takes up what was."""

    def __init__(
        self,
        directory: Path,
        *,
        clock: Callable[[], datetime] = utc_now,
        ports: Ports | None = None,
        rules: Rules | None = None,
    ) -> None:
        ports, rules = ports or Ports(), rules or Rules()
        self.journal = journal = Journal(directory)
        self.expo = Expo(rules.expo, clock)
        self.twilio = Twilio(rules.twilio, journal=journal, clock=clock)
        self.expo_server = HttpServer(self.expo, journal=journal, clock=clock, port=ports.expo)
        self.twilio_server = HttpServer(
            self.twilio, journal=journal, clock=clock, port=ports.twilio
        )
        self.smtp = SmtpServer(rules.smtp, journal=journal, clock=clock, port=ports.smtp)
        self.stripe = Stripe(rules.stripe, journal=journal, clock=clock)
        self.stripe_server = HttpServer(
            self.stripe, journal=journal, clock=clock, port=ports.stripe
        )
        self._servers = (self.expo_server, self.twilio_server, self.smtp, self.stripe_server)

    def faults(self) -> dict[str, Faults]:
        """The faults that are ordered of each provider."""
        return {
            "expo": self.expo_server.faults,
            "twilio": self.twilio_server.faults,
            "smtp": self.smtp.faults,
            "stripe": self.stripe_server.faults,
        }

    def start(self) -> None:
        """Begin to serve."""
        for server in self._servers:
            server.start()

    def stop(self) -> None:
        """Serve no more."""
        for server in self._servers:
            server.stop()
        self.journal.close()


@contextmanager
def running_sandbox(
    directory: Path,
    *,
    clock: Callable[[], datetime] = utc_now,
    ports: Ports | None = None,
    rules: Rules | None = None,
) -> Iterator[Sandbox]:
    """Run a sandbox in threads of this process until the block ends."""
    sandbox = Sandbox(directory, clock=clock, ports=ports, rules=rules)
    sandbox.start()
    try:
        yield sandbox
    finally:
        sandbox.stop()
