"""Sends what people are told through the sandbox, at moments of one's choosing."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from pydantic import SecretStr
from sqlalchemy import Engine

from domain.tables.notifications import Channel
from domain.users.payloads import UserUpdated
from tests.helpers.ears import PEOPLE, Ears
from tests.helpers.pages import DAY, START, an_id
from tests.helpers.roles import acting_as
from tests.helpers.said import rows
from tests.helpers.sandbox import Clock, texter_for
from workers.providers.expo import ExpoPusher
from workers.providers.smtp import Relay, SmtpMailer
from workers.sandbox import Sandbox, running_sandbox
from workers.sandbox.faults import Faults
from workers.sandbox.running import Rules
from workers.sandbox.twilio_rules import TwilioRules
from workers.sending.desk import SendingDesk
from workers.sending.mail import EmailOutlet
from workers.sending.push import PushOutlet
from workers.sending.sms import SmsOutlet

LIMIT: Final = timedelta(seconds=2)
PUBLIC: Final = "https://workers.example"
# More than any text takes, so that the pace is a matter of tests of its own.
FAST: Final = 1e9


def phone_of(person: str) -> str:
    """The push token of somebody's phone."""
    return f"ExponentPushToken[{person}]"


def number_of(person: str) -> str:
    """Somebody's number."""
    return f"+1415555{PEOPLE.index(person):04d}"


def mailbox_of(person: str) -> str:
    """Somebody's mailbox."""
    return f"{person.lower()}@example.org"


_OWNERS: Final = {
    address(person): person for person in PEOPLE for address in (phone_of, number_of, mailbox_of)
}


def give_addresses(ears: Ears) -> None:
    """Let everybody have a phone, a number and a mailbox."""
    for person in PEOPLE:
        ears.diary.phone(person, of=person, at=START - 58 * DAY)
        said = {"phone_number": number_of(person), "email": mailbox_of(person)}
        ears.diary.note(
            UserUpdated.model_validate({"user_id": an_id(person), **said}), START - 58 * DAY
        )


@dataclass(slots=True)
class Post:
    """A sender for each channel, with a sandbox and a clock of its own."""

    engine: Engine
    sandbox: Sandbox
    clock: Clock
    desks: dict[Channel, SendingDesk] = field(default_factory=dict)

    def deliver(self, *channels: Channel, at: datetime | None = None) -> list[str]:
        """Send what is due by a moment; what reached people of it, e.g. `Ada push: Hi | there`."""
        if at is not None:
            self.clock.now = at
        before = len(self.sandbox.journal.read())
        for channel in channels or tuple(Channel):
            while self.step(channel):
                pass
        return sorted(self.reached(before))

    def step(self, channel: Channel) -> bool:
        """Send one request's worth; say whether there may be more."""
        desk = self.desks[channel]
        taken = desk.take()
        if taken.in_hand:
            desk.record(taken.in_hand, desk.send(taken.in_hand))
        return bool(taken.in_hand) or taken.has_looked

    def faults_of(self, channel: Channel) -> Faults:
        """The faults of a channel's provider."""
        sandbox = self.sandbox
        faults = {
            Channel.PUSH: sandbox.expo_server.faults,
            Channel.SMS: sandbox.twilio_server.faults,
            Channel.EMAIL: sandbox.smtp.faults,
        }
        return faults[channel]

    def live_on(self, *, until: datetime) -> None:
        """Do all that senders do, again and again, in steps that grow."""
        step = timedelta(minutes=1)
        while self.clock.now < until:
            self.clock.pass_by(step)
            step *= 2
            self.desks[Channel.PUSH].give_up_lost()
            for channel in Channel:
                self.desks[channel].ask()
            self.deliver()

    def times_told(self) -> Counter[tuple[str, str, str]]:
        """How often each notification was taken: (id, provider, address)."""
        return Counter(
            (each["about"], entry.provider, each["to"])
            for entry in self.sandbox.journal.read()
            for each in entry.accepted
        )

    def left(self) -> Counter[str]:
        """How many notifications are in each state."""
        found = rows(self.engine, "SELECT status, count(*) FROM notifications GROUP BY status")
        return Counter(dict(found))

    def assert_nobody_was_told_twice(self) -> None:
        """Compare what became of notifications with the providers' own journal."""
        told = self.times_told()
        assert set(told.values()) <= {1}, told.most_common(3)
        about = {notification for notification, _, _ in told}
        listed = rows(self.engine, "SELECT id::text, channel, status FROM notifications")
        for identity, channel, status in listed:
            assert status not in {"sending", "scheduled"}
            if status in {"sent", "delivered"}:
                assert identity in about, (identity, channel, status)
            elif status != "unknown":
                assert identity not in about, (identity, channel, status)
            # Twilio can be asked, so of an SMS it is always known in the end.
            assert (channel, status) != ("sms", "unknown")

    def ask(self, channel: Channel, *, at: datetime) -> int:
        """Ask the provider what is to be asked by a moment."""
        self.clock.now = at
        return self.desks[channel].ask()

    def give_up_lost(self, *, at: datetime) -> int:
        """Look after what was in hand of senders that are gone."""
        self.clock.now = at
        return self.desks[Channel.PUSH].give_up_lost()

    def reached(self, since: int = 0) -> Iterator[str]:
        """What providers took, in words."""
        for entry in self.sandbox.journal.read()[since:]:
            for each in entry.accepted:
                yield f"{_OWNERS.get(each['to'], each['to'])} {_words(entry.provider, entry, each)}"

    def statuses(self, template: str) -> list[str]:
        """What became of notifications, e.g. `Ada push delivered`."""
        names = {an_id(person): person for person in PEOPLE}
        found = rows(
            self.engine,
            "SELECT user_id::text, channel, status, reason FROM notifications"
            " WHERE template = :template",
            template=template,
        )
        return sorted(
            " ".join(filter(None, (names[user_id], *others))) for user_id, *others in found
        )

    def handovers(self) -> list[tuple[Any, ...]]:
        """What became of handovers: (channel, attempt, state, reason), in the order made."""
        return rows(
            self.engine,
            "SELECT channel, attempt, state, reason FROM handovers"
            " ORDER BY handed_over_at, channel, attempt, state",
        )


def _words(provider: str, entry: Any, accepted: dict[str, Any]) -> str:
    if provider == "expo":
        (said,) = [
            each
            for each in entry.asked
            if (each["to"], each["collapseId"]) == (accepted["to"], accepted["about"])
        ]
        return f"push: {said['title']} | {said['body']}"
    if provider == "twilio":
        return f"sms: {entry.asked['Body']}"
    (line, *_) = entry.asked["text"].splitlines()
    return f"email: {entry.asked['headers']['Subject']} | {line}"


@contextmanager
def open_post(
    engine: Engine, directory: Path, *, now: datetime, public: str = PUBLIC, **twilio: Any
) -> Iterator[Post]:
    """Open a post with a sandbox of its own until the block ends, with a gateway at `public`.

    Others are rules of Twilio's.
    """
    clock = Clock(now)
    rules = Rules(twilio=TwilioRules(**twilio))
    with (
        running_sandbox(directory, clock=clock, rules=rules) as sandbox,
        post_at(engine, sandbox, clock, public=public) as post,
    ):
        yield post


@contextmanager
def post_at(
    engine: Engine, sandbox: Sandbox, clock: Clock, *, public: str = PUBLIC
) -> Iterator[Post]:
    """Send to a sandbox that runs, by another clock than its own maybe."""
    pusher = ExpoPusher(None, url=sandbox.expo_server.url, limit=LIMIT)
    texter = texter_for(sandbox, callback_url=f"{public}/webhooks/twilio/status", limit=LIMIT)
    relay = Relay(SecretStr(sandbox.smtp.url), "Momento <hello@momento.example>")
    outlets = (
        PushOutlet(pusher, clock, FAST),
        SmsOutlet(texter, clock, FAST),
        EmailOutlet(SmtpMailer(relay, limit=LIMIT), clock, public, FAST),
    )
    desks = {
        each.channel: SendingDesk(acting_as(engine, "sender"), each, clock) for each in outlets
    }
    yield Post(engine, sandbox, clock, desks)
    pusher.close()
    texter.close()
