"""Rules, outcome "done": a note says so when it changed nothing or doesn't count, and why."""

from collections.abc import Callable

import pytest
from sqlalchemy import Engine, text

from domain.gatherings.payloads import LocationAdded
from domain.payments.payloads import PaymentFailed, PaymentSucceeded
from domain.users.payloads import (
    HostProfileUpdated,
    NotificationSettingsUpdated,
    SocialProfileUpdated,
    UserUpdated,
)
from tests.helpers.diary import Diary
from tests.helpers.pages import DAY, END, HOUR, START, an_id
from tests.helpers.telling import tell

Tell = Callable[[Diary], None]
ADA = an_id("Ada")


def paid_for_bo(diary: Diary, payload: type[PaymentFailed | PaymentSucceeded]) -> None:
    """Ada pays for the seat to which Bo is invited."""
    charge = {"stripe_charge_id": "ch_x"} if payload is PaymentSucceeded else {}
    said = payload(
        payment_id=an_id("payment x"),
        user_id=ADA,
        event_id=an_id("drinks"),
        invitation_id=an_id("drinks Bo"),
        amount_in_cents=500,
        currency="usd",
        stripe_payment_intent_id="pi_x",
        **charge,
    )
    diary.note(said, START - 3 * DAY)


def a_place(diary: Diary, *, days_before: int) -> None:
    place = LocationAdded(location_id=an_id("place"), name="Bar", latitude=40.0, longitude=-74.0)
    diary.note(place, START - days_before * DAY)


@pytest.fixture
def diary(engine: Engine) -> Diary:
    """Ada has a seat, Bo is invited, Dan is not. What is noted from here on is yet to be told."""
    diary = Diary()
    diary.people("Hanna", "Cleo", "Ada", "Bo", "Dan")
    diary.event("drinks", host="Hanna", seats=8)
    diary.invited("drinks", "Ada")
    diary.invited("drinks", "Bo")
    diary.paid("drinks", "Ada")
    for payload in (
        UserUpdated(user_id=ADA, email="ada@example.org"),
        SocialProfileUpdated(user_id=ADA, bio="b"),
        HostProfileUpdated(user_id=ADA, host_bio="b"),
        NotificationSettingsUpdated(user_id=ADA, push_social=False),
    ):
        diary.note(payload, START - 20 * DAY)
    diary.checked_in("drinks", "Ada", at=START)
    diary.reported("drinks", "Ada", by="Hanna", status="late")
    tell(engine, diary.pages)
    diary.pages = diary.pages[len(diary.pages) :]
    return diary


def notes(engine: Engine, diary: Diary) -> list[tuple[str, str | None]]:
    """What became of the only page, in each handler but those that only mark what is stale."""
    statement = """
        SELECT state, reason FROM deliveries JOIN domain_events AS said USING (seq)
        WHERE said.id = :id AND handler NOT LIKE 'matching.%' ORDER BY reason NULLS FIRST
    """
    (page,) = diary.pages
    with engine.connect() as connection:
        return [
            (row.state, row.reason) for row in connection.execute(text(statement), {"id": page.id})
        ]


class TestNotes:
    @pytest.mark.parametrize(
        ("say", "note"),
        [
            pytest.param(
                lambda diary: diary.reported("drinks", "Ada", by="Dan", status="no_show"),
                "may_not_report",
                id="a report by a stranger",
            ),
            pytest.param(
                lambda diary: diary.reported(
                    "drinks", "Ada", by="Cleo", status="no_show", at=START - HOUR
                ),
                "before_start",
                id="a report before the start",
            ),
            pytest.param(
                lambda diary: diary.reported(
                    "drinks", "Ada", by="Hanna", status="no_show", at=START + HOUR
                ),
                "newer_stands",
                id="a report whose author has reported again",
            ),
            pytest.param(
                lambda diary: diary.reported("drinks", "Dan", by="Hanna", status="late"),
                "no_seat",
                id="a report on somebody without a seat",
            ),
            pytest.param(
                lambda diary: diary.checked_in("drinks", "Dan", at=START),
                "no_seat",
                id="a check-in without a seat",
            ),
            pytest.param(
                lambda diary: diary.checked_in("drinks", "Ada", at=START + HOUR),
                "another_stands",
                id="a second check-in",
            ),
            pytest.param(
                lambda diary: diary.checked_in("drinks", "Dan", at=END + HOUR),
                "too_late",
                id="a late check-in, without a seat",
            ),
            pytest.param(
                lambda diary: diary.note(UserUpdated(user_id=ADA, email=None), START - 21 * DAY),
                "newer_stands",
                id="an older word of an account",
            ),
            pytest.param(
                lambda diary: diary.note(
                    SocialProfileUpdated(user_id=ADA, bio="a"), START - 21 * DAY
                ),
                "newer_stands",
                id="an older word of a profile",
            ),
            pytest.param(
                lambda diary: diary.note(
                    HostProfileUpdated(user_id=ADA, host_bio="a"), START - 21 * DAY
                ),
                "newer_stands",
                id="an older word of a host's profile",
            ),
            pytest.param(
                lambda diary: diary.note(
                    NotificationSettingsUpdated(user_id=ADA, push_social=True), START - 21 * DAY
                ),
                "newer_stands",
                id="an older word of the settings",
            ),
            pytest.param(
                lambda diary: diary.note(NotificationSettingsUpdated(user_id=ADA), START),
                "nothing_said",
                id="an update of nothing",
            ),
            pytest.param(
                lambda diary: a_place(diary, days_before=51),
                "newer_stands",
                id="an older word of a place",
            ),
            pytest.param(
                lambda diary: diary.cancelled("drinks", "Bo", at=START - 2 * DAY),
                "no_seat_yet",
                id="a cancellation before the payment is known",
            ),
        ],
    )
    def test_what_changed_nothing_says_why(
        self, engine: Engine, diary: Diary, say: Tell, note: str
    ) -> None:
        say(diary)
        tell(engine, diary.pages)
        assert notes(engine, diary) == [("done", note)]

    @pytest.mark.parametrize(
        "say",
        [
            pytest.param(
                lambda diary: diary.reported("drinks", "Ada", by="Cleo", status="attended"),
                id="a report of the co-host",
            ),
            pytest.param(
                lambda diary: diary.note(
                    UserUpdated(user_id=ADA, email=None, last_name="A"), START - 21 * DAY
                ),
                id="an older word of which something stands",
            ),
            pytest.param(lambda diary: a_place(diary, days_before=49), id="news of a place"),
            pytest.param(
                lambda diary: diary.cancelled("drinks", "Ada", at=START - 2 * DAY),
                id="a cancellation",
            ),
        ],
    )
    def test_what_changed_something_has_none(self, engine: Engine, diary: Diary, say: Tell) -> None:
        say(diary)
        tell(engine, diary.pages)
        assert notes(engine, diary) == [("done", None)]

    @pytest.mark.parametrize("payload", [PaymentSucceeded, PaymentFailed])
    def test_a_payment_that_names_anothers_invitation_is_kept_and_says_so(
        self, engine: Engine, diary: Diary, payload: type[PaymentFailed | PaymentSucceeded]
    ) -> None:
        paid_for_bo(diary, payload)
        tell(engine, diary.pages)
        assert notes(engine, diary) == [("done", None), ("done", "not_this_invitation")]

    def test_of_two_words_on_one_place_in_a_batch_the_older_says_so(
        self, engine: Engine, diary: Diary
    ) -> None:
        a_place(diary, days_before=48)
        a_place(diary, days_before=49)
        tell(engine, diary.pages)
        diary.pages = diary.pages[1:]
        assert notes(engine, diary) == [("done", "newer_stands")]
