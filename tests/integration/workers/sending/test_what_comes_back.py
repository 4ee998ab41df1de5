"""What providers and people tell a gateway that really serves, and what the sender makes of it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from pydantic import SecretStr
from sqlalchemy import Engine
from sqlmodel import Session

from domain.notifications.addresses import Fact, hash_text, note_facts, read_addresses
from domain.payments.payloads import PaymentRefunded
from domain.tables.handovers import AddressFactKind
from domain.tables.notifications import Channel
from domain.users.payloads import UserUpdated
from gateway.__main__ import server_config
from gateway.app import make_app
from gateway.outside import Outside
from tests.helpers.ears import BEFORE, INVITED, Ears
from tests.helpers.pages import DAY, HOUR, an_id
from tests.helpers.post import Post, number_of, open_post
from tests.helpers.roles import acting_as
from tests.helpers.said import rows
from tests.helpers.serving import a_listener, serving, url_of
from tests.helpers.telling import settle
from workers.sandbox import Fault, Kind
from workers.sandbox.twilio_rules import TwilioRules

MINUTE: Final = timedelta(minutes=1)
TOLD: Final = "Momento: You're invited to "
LATER: Final = INVITED + HOUR


@dataclass(slots=True)
class Scene:
    """Everybody has addresses; invitations of Hanna's go out, and the gateway hears what comes."""

    ears: Ears
    post: Post
    client: httpx.Client

    def invite(self, *people: str, to: str = "drinks", at: datetime = INVITED) -> list[str]:
        """Invite people and send what is due; whom an SMS reached."""
        for person in people:
            self.ears.diary.invited(to, person, at=at)
        self.ears.hear(at=at)
        reached = self.post.deliver(Channel.SMS, at=at)
        assert all(TOLD in line for line in reached)
        return [line.partition(" ")[0] for line in reached]

    def text(self, person: str, words: str) -> None:
        """Let somebody write to us."""
        called = self.post.sandbox.twilio.receive(number_of(person), words)
        assert called is not None
        assert called.status == 200

    def sms(self) -> list[str]:
        """What became of invitations by SMS."""
        return [line for line in self.post.statuses("invitation") if " sms " in line]

    def change_number(self, person: str, number: str) -> None:
        """Give somebody a number."""
        said = {"user_id": an_id(person), "phone_number": number}
        self.ears.diary.note(UserUpdated.model_validate(said), INVITED)


@pytest.fixture
def scene(engine: Engine, ears: Ears, tmp_path: Path) -> Iterator[Scene]:
    """A gateway whose public URL is where it listens; Twilio signs with the account's token."""
    ears.diary.event("dinner", host="Hanna", seats=8)
    listener = a_listener()
    public = url_of(listener)
    token = TwilioRules().auth_token
    with open_post(
        engine,
        tmp_path / "sandbox",
        now=INVITED,
        public=public,
        inbound_url=f"{public}/webhooks/twilio/inbound",
    ) as post:
        outside = Outside(SecretStr(public), SecretStr(token))
        app = make_app(acting_as(engine, "gateway"), clock=post.clock, outside=outside)
        with (
            serving(app, server_config, listener=listener) as url,
            httpx.Client(base_url=url, timeout=30) as client,
        ):
            yield Scene(ears, post, client)


class TestStop:
    @pytest.mark.parametrize("says_opt_out", [True, False])
    def test_no_more_until_start(self, scene: Scene, *, says_opt_out: bool) -> None:
        assert scene.invite("Bo") == ["Bo"]
        twilio = scene.post.sandbox.twilio
        twilio.rules = replace(twilio.rules, says_opt_out=says_opt_out)
        scene.text("Ada", "Stop ")
        assert scene.invite("Ada", "Dan") == ["Dan"]
        assert scene.sms() == ["Ada sms suppressed stopped", "Bo sms sent", "Dan sms sent"]
        scene.post.clock.now = LATER
        scene.text("Ada", "unstop")
        assert scene.invite("Ada", to="dinner", at=LATER) == ["Ada"]

    def test_what_else_people_write_changes_nothing(self, scene: Scene) -> None:
        for words in ("HELP", "Stop it, Hanna!", "Thanks"):
            scene.text("Ada", words)
        assert scene.invite("Ada") == ["Ada"]

    def test_another_person_with_that_number(self, scene: Scene) -> None:
        scene.text("Ada", "STOP")
        scene.change_number("Bo", number_of("Ada"))
        assert scene.invite("Bo") == []
        assert scene.sms() == ["Bo sms suppressed stopped"]

    def test_another_number_of_that_person(self, scene: Scene) -> None:
        scene.text("Ada", "STOP")
        scene.change_number("Ada", "+14155559999")
        assert scene.invite("Ada") == ["+14155559999"]
        assert scene.sms() == ["Ada sms sent"]

    def test_a_number_that_is_unreachable_after_it_stays_silent(self, scene: Scene) -> None:
        """That nothing reaches a number is forgotten after a month; what its owner wants isn't."""
        scene.text("Ada", "STOP")
        with Session(scene.post.engine) as session, session.begin():
            number = hash_text(number_of("Ada"))
            gone = AddressFactKind.UNREACHABLE
            note_facts(session, [Fact("later", number, gone, INVITED + MINUTE)])
        with Session(scene.post.engine) as session:
            scene.ears.diary.invited("drinks", "Ada", at=INVITED)
            scene.ears.hear(at=INVITED)
            ((identity,),) = rows(
                scene.post.engine, "SELECT id::text FROM notifications WHERE channel = 'sms'"
            )
            for later in (INVITED + 2 * MINUTE, INVITED + 40 * DAY):
                _, reasons = read_addresses(session, Channel.SMS, [identity], now=later)
                assert reasons == {identity: "stopped"}

    def test_twilio_alone_knows_of_it(self, scene: Scene) -> None:
        """The webhook was lost: Twilio refuses, and from then on we don't ask it again."""
        twilio = scene.post.sandbox.twilio
        twilio.rules = replace(twilio.rules, inbound_url=None)
        twilio.receive(number_of("Ada"), "STOP")
        assert scene.invite("Ada") == []
        assert scene.sms() == ["Ada sms failed 21610"]
        asked = len(scene.post.sandbox.journal.read("twilio"))
        assert scene.invite("Ada", to="dinner", at=LATER) == []
        assert len(scene.post.sandbox.journal.read("twilio")) == asked
        assert scene.sms() == ["Ada sms failed 21610", "Ada sms suppressed stopped"]

    def test_a_carrier_says_so_later(self, engine: Engine, scene: Scene) -> None:
        assert scene.invite("Ada") == ["Ada"]
        (text,) = scene.post.sandbox.twilio.texts()
        scene.post.sandbox.twilio.report(text.sid, "failed", error=21610)
        assert scene.sms() == ["Ada sms failed 21610"]
        assert rows(engine, "SELECT kind FROM address_facts") == [("stop",)]


class TestStatus:
    def test_callbacks_tell_how_far_it_has_come(self, scene: Scene) -> None:
        scene.invite("Ada")
        (text,) = scene.post.sandbox.twilio.texts()
        for word in ("queued", "delivered", "sent", "delivered"):
            called = scene.post.sandbox.twilio.report(text.sid, word)
            assert called is not None
            assert (called.status, called.attempts) == (204, 1)
        assert scene.sms() == ["Ada sms delivered"]
        assert scene.post.handovers() == [("sms", 1, "delivered", None)]

    def test_a_lost_answer_is_settled_without_asking(self, scene: Scene) -> None:
        scene.post.sandbox.twilio_server.faults.order(Fault(Kind.CLOSE))
        scene.invite("Ada")
        assert [line[:16] for line in scene.sms()] == ["Ada sms unknown "]
        (text,) = scene.post.sandbox.twilio.texts()
        scene.post.sandbox.twilio.report(text.sid, "sent")
        assert scene.sms() == ["Ada sms sent"]
        # It is known by its name now, and asked about in its time.
        assert scene.post.ask(Channel.SMS, at=INVITED + 14 * MINUTE) == 0
        assert scene.post.ask(Channel.SMS, at=INVITED + 16 * MINUTE) == 1
        assert scene.sms() == ["Ada sms sent"]
        assert len(scene.post.sandbox.twilio.texts()) == 1


class TestUnsubscribe:
    @pytest.fixture
    def url(self, scene: Scene) -> str:
        """Where Ada can say that it is enough; another mail to her waits."""
        for event in ("drinks", "dinner"):
            scene.ears.diary.invited(event, "Ada", at=INVITED)
            scene.ears.diary.paid(event, "Ada", at=INVITED)
            refund = {"stripe_refund_id": event, "amount_in_cents": 250}
            said = {"payment_id": an_id(f"payment {event} Ada"), **refund}
            scene.ears.diary.note(PaymentRefunded.model_validate(said), BEFORE)
        scene.ears.hear(at=BEFORE)
        scene.post.clock.now = BEFORE
        scene.post.step(Channel.EMAIL)
        (entry,) = scene.post.sandbox.journal.read("smtp")
        headers = entry.asked["headers"]
        assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        url: str = headers["List-Unsubscribe"].strip(" <>\r\n")
        return url

    def test_one_click_ends_what_waits(self, engine: Engine, scene: Scene, url: str) -> None:
        for _ in range(2):
            answer = httpx.post(url, data={"List-Unsubscribe": "One-Click"})
            assert answer.status_code == 200
        assert wishes(engine) == [({"user_id": an_id("Ada"), "email_account_and_safety": False},)]
        settle(engine, now=BEFORE)
        assert scene.post.deliver(Channel.EMAIL, at=BEFORE) == []
        assert scene.post.statuses("payment_refunded")[:2] == [
            "Ada email sent",
            "Ada email suppressed switched_off",
        ]

    def test_looking_changes_nothing(self, engine: Engine, scene: Scene, url: str) -> None:
        for _ in range(2):
            assert httpx.get(url).status_code == 200
        assert wishes(engine) == []
        assert len(scene.post.deliver(Channel.EMAIL, at=BEFORE)) == 1


def wishes(engine: Engine) -> list[tuple[Any, ...]]:
    """What was published of what people want to be told."""
    return rows(
        engine,
        "SELECT data FROM domain_events"
        " WHERE type = 'app.momento.notification_settings.updated.v1'"
        " AND source = '/gateway/unsubscribe'",
    )
