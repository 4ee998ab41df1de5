"""Nights and the moment of sending: what waits for the morning, is over by then, or goes."""

from datetime import UTC, datetime, timedelta
from typing import Final

import pytest

from domain.gatherings.payloads import EventCancelled
from domain.tables.notifications import Channel
from domain.users.payloads import UserUpdated
from tests.helpers.ears import BEFORE, DRINKS, Ears, seats
from tests.helpers.pages import DAY, HOUR, START, an_id
from tests.helpers.post import Post
from workers.sandbox import Fault, Kind

MINUTE: Final = timedelta(minutes=1)
MIDNIGHT: Final = datetime(2026, 3, 12, 4, tzinfo=UTC)


def live_in(ears: Ears, person: str, zone: str) -> None:
    said = {"user_id": an_id(person), "timezone": zone}
    ears.diary.note(UserUpdated.model_validate(said), START - 57 * DAY)


def propose(ears: Ears, *, at: datetime) -> None:
    """Have Bo told something by push that isn't urgent."""
    ears.diary.paired("duo", "Ada", "Bo", at=at)
    ears.hear(at=at)


class TestNights:
    @pytest.mark.parametrize(
        ("zone", "evening", "morning"),
        [
            # In New York clocks go forward in this night: seven hours of it are left.
            ("America/New_York", "2026-03-08T03:30:00Z", "2026-03-08T12:00:00Z"),
            # In Berlin too, three weeks later; and back in October.
            ("Europe/Berlin", "2026-03-28T22:00:00Z", "2026-03-29T06:00:00Z"),
            ("Europe/Berlin", "2026-10-24T21:00:00Z", "2026-10-25T07:00:00Z"),
            # Sydney's go back in the night before the first Sunday of April.
            ("Australia/Sydney", "2026-04-04T12:00:00Z", "2026-04-04T22:00:00Z"),
        ],
    )
    def test_what_comes_at_night_goes_out_at_eight_whatever_clocks_do(
        self, ears: Ears, post: Post, zone: str, evening: str, morning: str
    ) -> None:
        live_in(ears, "Bo", zone)
        at, eight = datetime.fromisoformat(evening), datetime.fromisoformat(morning)
        propose(ears, at=at)
        assert post.deliver(at=at) == []
        assert post.deliver(at=eight - timedelta(seconds=1)) == []
        assert len(post.deliver(at=eight)) == 1

    def test_no_text_at_night_even_if_it_was_lined_up_by_day(self, ears: Ears, post: Post) -> None:
        ears.diary.invited("drinks", "Dan", at=BEFORE)
        ears.hear(at=BEFORE)
        assert post.deliver(Channel.SMS, at=MIDNIGHT + DAY) == []
        assert post.statuses("invitation") == ["Dan push scheduled", "Dan sms scheduled"]
        assert len(post.deliver(Channel.SMS, at=MIDNIGHT + DAY + 8 * HOUR)) == 1

    def test_no_text_that_twilio_still_has_in_the_evening(self, ears: Ears, post: Post) -> None:
        half_past_eight = MIDNIGHT - 3 * HOUR - 30 * MINUTE
        ears.diary.invited("drinks", "Dan", at=half_past_eight)
        ears.hear(at=half_past_eight)
        assert len(post.deliver(Channel.SMS, at=half_past_eight)) == 1
        (entry,) = post.sandbox.journal.read("twilio")
        assert entry.asked["ValidityPeriod"] == "1800"

    def test_what_expires_at_night_is_never_sent(self, ears: Ears, post: Post) -> None:
        # In New York the invitation ends at four in the morning.
        night = datetime(2026, 3, 12, 3, tzinfo=UTC)
        ears.diary.invited("drinks", "Dan", at=night, expires_at=night + 5 * HOUR)
        ears.hear(at=night)
        post.live_on(until=BEFORE + DAY)
        assert post.statuses("invitation") == [
            "Dan push expired quiet_hours",
            "Dan sms expired quiet_hours",
        ]
        assert not post.times_told()


class TestBetween:
    """Something changes after it was lined up, and before it goes out."""

    def test_an_event_is_cancelled(self, ears: Ears, post: Post) -> None:
        seats(ears, "Ada")
        ears.diary.posted("drinks", "Hanna", at=BEFORE)
        ears.hear(at=BEFORE)
        said = {"event_id": DRINKS, "cancelled_by": "host"}
        ears.diary.note(EventCancelled.model_validate(said), BEFORE + MINUTE)
        ears.hear(at=BEFORE + MINUTE)
        reached = post.deliver(Channel.PUSH, at=BEFORE + MINUTE)
        assert [line for line in reached if line.startswith("Ada")] == [
            "Ada push: Cancelled | Drinks, Sat, Mar 14, 2:00 PM, won't take place."
        ]
        assert post.statuses("event_post") == ["Ada push suppressed event_cancelled"]

    def test_what_was_put_back_is_asked_about_again(self, ears: Ears, post: Post) -> None:
        propose(ears, at=BEFORE)
        post.faults_of(Channel.PUSH).order(Fault(Kind.TOO_MANY))
        post.deliver(Channel.PUSH, at=BEFORE)
        assert post.statuses("duo_proposed") == ["Bo push scheduled TOO_MANY_REQUESTS"]
        ears.diary.agreed("duo", at=BEFORE + MINUTE)
        ears.hear(at=BEFORE + MINUTE)
        post.deliver(Channel.PUSH, at=BEFORE + HOUR)
        assert post.statuses("duo_proposed") == ["Bo push suppressed answered"]
