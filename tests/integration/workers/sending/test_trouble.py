"""Providers that are slow, down, rate-limiting or nonsensical: only their own channel waits.

What a provider may have taken is settled by evidence, or stays unknown: nobody is told twice.
"""

from datetime import datetime, timedelta
from typing import Final

import pytest

from domain.gatherings.payloads import EventCancelled
from domain.payments.payloads import PaymentRefunded
from domain.tables.notifications import Channel
from domain.users.payloads import UserUpdated
from tests.helpers.ears import BEFORE, Ears, seats
from tests.helpers.pages import DAY, HOUR, an_id
from tests.helpers.post import Post, number_of
from workers.sandbox import Fault, Kind

MINUTE: Final = timedelta(minutes=1)
# By when quiet hours, pauses and looks are through.
LATER: Final = BEFORE + DAY
OF_HTTP: Final = (
    *(Fault(Kind.TOO_MANY, retry_after=MINUTE), Fault(Kind.TOO_MANY)),
    *(Fault(Kind.BROKEN), Fault(Kind.BROKEN, accepts=True)),
    *(Fault(Kind.HANG), Fault(Kind.HANG, accepts=False)),
    *(Fault(Kind.CLOSE), Fault(Kind.CLOSE, accepts=False)),
    *(Fault(Kind.GARBAGE), Fault(Kind.GARBAGE, accepts=False)),
    Fault(Kind.DRIP, pause=timedelta(milliseconds=200)),
)
FAULTS: Final = {
    Channel.PUSH: (*OF_HTTP, Fault(Kind.MISCOUNT)),
    Channel.SMS: OF_HTTP,
    Channel.EMAIL: tuple(fault for fault in OF_HTTP if fault.accepts is not True),
}
CASES: Final = [(channel, fault) for channel, faults in FAULTS.items() for fault in faults]
PROVIDERS: Final = {Channel.PUSH: "expo", Channel.SMS: "twilio", Channel.EMAIL: "smtp"}


def tell_on_all_channels(ears: Ears) -> None:
    """Have Ada told of a refund by push and email, and Dan of an invitation by push and SMS."""
    seats(ears, "Ada")
    refund = {"stripe_refund_id": "re", "amount_in_cents": 250}
    said = {"payment_id": an_id("payment drinks Ada"), **refund}
    ears.diary.note(PaymentRefunded.model_validate(said), BEFORE)
    ears.diary.invited("drinks", "Dan", at=BEFORE)
    ears.hear(at=BEFORE)


class TestOneProviderInTrouble:
    @pytest.mark.parametrize(("channel", "fault"), CASES, ids=str)
    def test_nobody_is_told_twice_and_the_others_dont_wait(
        self, channel: Channel, fault: Fault, ears: Ears, post: Post
    ) -> None:
        tell_on_all_channels(ears)
        post.faults_of(channel).order(fault)
        post.deliver(at=BEFORE)
        others = {provider for each, provider in PROVIDERS.items() if each is not channel}
        assert {provider for _, provider, _ in post.times_told()} >= others
        post.live_on(until=LATER)
        post.assert_nobody_was_told_twice()

    def test_it_is_left_alone_and_then_tried_with_one(self, ears: Ears, post: Post) -> None:
        seats(ears, "Ada", "Bo", "Dan")
        post.faults_of(Channel.PUSH).order(Fault(Kind.TOO_MANY, times=2))
        before = len(post.sandbox.journal.read())
        post.deliver(Channel.PUSH, at=BEFORE)
        assert len(post.sandbox.journal.read()) - before == 1
        post.deliver(Channel.PUSH, at=BEFORE + timedelta(seconds=4))
        assert len(post.sandbox.journal.read()) - before == 1
        post.deliver(Channel.PUSH, at=BEFORE + 2 * MINUTE)
        # The second refusal was of one; then nobody asks for longer than before.
        (_, probe) = post.sandbox.journal.read()[before:]
        assert len(probe.asked) == 1
        post.deliver(Channel.PUSH, at=BEFORE + 2 * MINUTE + timedelta(seconds=9))
        assert len(post.sandbox.journal.read()) - before == 2
        post.deliver(Channel.PUSH, at=BEFORE + 10 * MINUTE)
        probe, rest = post.sandbox.journal.read()[before + 2 :]
        assert (len(probe.asked), len(rest.asked)) == (1, 5)

    def test_one_bad_push_doesnt_sink_ninety_nine(self, ears: Ears, post: Post) -> None:
        # A phone of another project than ours spoils the whole request.
        seats(ears, "Ada", "Bo", "Dan")
        post.sandbox.expo.give_away("ExponentPushToken[Bo]", "@others/app")
        reached = post.deliver(Channel.PUSH, at=BEFORE)
        assert {line.split()[0] for line in reached} >= {"Ada", "Dan", "Hanna"}
        assert set(post.times_told().values()) == {1}


class TestALostAnswer:
    """Twilio took the message or didn't, and its answer never came."""

    @pytest.fixture(autouse=True)
    def _invited(self, ears: Ears) -> None:
        ears.diary.invited("drinks", "Dan", at=BEFORE)
        ears.hear(at=BEFORE)

    def test_is_found_by_number_and_text(self, post: Post) -> None:
        post.faults_of(Channel.SMS).order(Fault(Kind.CLOSE, accepts=True))
        post.deliver(Channel.SMS, at=BEFORE)
        assert post.statuses("invitation")[1] == "Dan sms unknown connection_lost"
        assert post.ask(Channel.SMS, at=BEFORE + MINUTE) == 0
        assert post.ask(Channel.SMS, at=BEFORE + 2 * MINUTE) == 1
        assert post.statuses("invitation")[1] == "Dan sms sent"
        assert post.deliver(Channel.SMS, at=BEFORE + HOUR) == []

    def test_what_isnt_listed_is_sent_again(self, post: Post) -> None:
        post.faults_of(Channel.SMS).order(Fault(Kind.CLOSE, accepts=False))
        assert post.deliver(Channel.SMS, at=BEFORE) == []
        post.ask(Channel.SMS, at=BEFORE + 2 * MINUTE)
        assert post.statuses("invitation")[1] == "Dan sms scheduled not_listed"
        assert len(post.deliver(Channel.SMS, at=BEFORE + 2 * MINUTE)) == 1
        assert [each[:3] for each in post.handovers()] == [
            ("sms", 1, "put_back"),
            ("sms", 2, "sent"),
        ]

    def test_one_of_the_same_words_isnt_taken_for_it(self, post: Post) -> None:
        post.deliver(Channel.SMS, at=BEFORE)
        with post.engine.begin() as connection:
            connection.exec_driver_sql(
                "INSERT INTO notifications (id, user_id, category, template, params, channel,"
                " dedupe_key, send_after, expires_at, domain_event_id)"
                " SELECT gen_random_uuid(), user_id, category, template, params, channel,"
                " 'again', send_after, expires_at, domain_event_id"
                " FROM notifications WHERE channel = 'sms'"
            )
        post.faults_of(Channel.SMS).order(Fault(Kind.CLOSE, accepts=False))
        assert post.deliver(Channel.SMS, at=BEFORE) == []
        post.live_on(until=BEFORE + HOUR)
        assert len(post.sandbox.twilio.texts()) == 2
        post.assert_nobody_was_told_twice()

    def test_of_a_number_that_has_changed_nobody_can_say(self, ears: Ears, post: Post) -> None:
        post.faults_of(Channel.SMS).order(Fault(Kind.CLOSE, accepts=False))
        post.deliver(Channel.SMS, at=BEFORE)
        said = {"user_id": an_id("Dan"), "phone_number": "+14155559999"}
        ears.diary.note(UserUpdated.model_validate(said), BEFORE)
        ears.hear(at=BEFORE)
        post.live_on(until=LATER)
        assert post.statuses("invitation")[1] == "Dan sms unknown number_changed"
        assert not [entry for entry in post.sandbox.journal.read("twilio") if entry.accepted]

    def test_while_twilio_cant_be_asked_it_stays_unknown(self, post: Post) -> None:
        post.faults_of(Channel.SMS).order(Fault(Kind.CLOSE, accepts=True))
        post.faults_of(Channel.SMS).order(Fault(Kind.BROKEN))
        post.deliver(Channel.SMS, at=BEFORE)
        post.ask(Channel.SMS, at=BEFORE + 2 * MINUTE)
        assert post.statuses("invitation")[1] == "Dan sms unknown connection_lost"
        post.live_on(until=BEFORE + HOUR)
        assert post.statuses("invitation")[1] == "Dan sms sent"


class TestRefusals:
    def test_a_number_that_takes_no_sms_is_left_alone_for_a_while(
        self, ears: Ears, post: Post
    ) -> None:
        said = {"user_id": an_id("Dan"), "phone_number": "+15005550009"}
        ears.diary.note(UserUpdated.model_validate(said), BEFORE - DAY)
        ears.diary.invited("drinks", "Dan", at=BEFORE)
        ears.hear(at=BEFORE)
        post.deliver(Channel.SMS, at=BEFORE)
        assert post.statuses("invitation")[1] == "Dan sms failed 21614"
        tell_again(ears, "Dan", at=BEFORE + HOUR)
        post.deliver(Channel.SMS, at=BEFORE + 2 * HOUR)
        assert "Dan sms suppressed unreachable" in post.statuses("event_cancelled")

    def test_who_said_stop_is_left_alone_until_start(self, ears: Ears, post: Post) -> None:
        post.sandbox.twilio.receive(number_of("Dan"), "STOP")
        ears.diary.invited("drinks", "Dan", at=BEFORE)
        ears.hear(at=BEFORE)
        post.deliver(Channel.SMS, at=BEFORE)
        assert post.statuses("invitation")[1] == "Dan sms failed 21610"
        tell_again(ears, "Dan", at=BEFORE + HOUR)
        post.deliver(Channel.SMS, at=BEFORE + 2 * HOUR)
        assert "Dan sms suppressed stopped" in post.statuses("event_cancelled")


def tell_again(ears: Ears, person: str, *, at: datetime) -> None:
    """Have somebody with an invitation take the seat, and the event cancelled."""
    ears.diary.paid("drinks", person, at=at)
    ears.hear(at=at)
    said = {"event_id": an_id("drinks"), "cancelled_by": "host"}
    ears.diary.note(EventCancelled.model_validate(said), at + MINUTE)
    ears.hear(at=at + MINUTE)
