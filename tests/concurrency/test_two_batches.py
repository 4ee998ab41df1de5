"""Two batches that could collide: one waits for the other, and what comes out is right."""

from datetime import timedelta

import pytest
from sqlalchemy import Engine, text

from domain.catalogue import HANDLERS, Handler
from domain.dispatch import Report
from domain.payments.payloads import PaymentSucceeded
from domain.ratings.payloads import RatingSubmitted
from domain.tables.kudos import Kudo
from domain.users.payloads import UserDeleted
from domain.verdict import Rejected
from tests.concurrency.race import apply_alone, both_ways, publish_last, race
from tests.helpers.diary import Diary
from tests.helpers.ledger import (
    REGISTERED,
    a_registration,
    ask,
    deliveries,
    drift,
    publish,
    route_all,
)
from tests.helpers.pages import DAY, END, HOUR, START, an_id
from tests.helpers.telling import settle, tell

KUDOS_GIVEN = HANDLERS["kudos.apply_kudos_given"]
ATTENDANCE_REPORTED = HANDLERS["attendance.apply_attendance_reported"]
KUDOS_JUDGED_AGAIN = HANDLERS["kudos.apply_attendance_settled"]
RATED = HANDLERS["ratings.apply_rating_submitted"]
PAID = HANDLERS["payments.apply_payment_succeeded"]
SEAT_TAKEN = HANDLERS["invitations.apply_payment_succeeded"]
CANCELLED = HANDLERS["invitations.apply_invitation_cancelled"]
INVITED = HANDLERS["invitations.apply_invitation_sent"]
DELETED = HANDLERS["users.apply_user_deleted"]


@pytest.fixture
def diary(engine: Engine) -> Diary:
    """Ada and Dan were at an event of Hanna's."""
    diary = Diary()
    diary.people("Hanna", "Cleo", "Ada", "Dan")
    diary.event("drinks", host="Hanna", seats=8)
    diary.attended("drinks", "Ada", "Dan")
    diary.ended("drinks")
    tell(engine, diary.pages)
    return diary


def kudos_of(engine: Engine, person: str) -> dict[str, int]:
    found: dict[str, int] = ask(
        engine,
        "SELECT aggregated_kudos FROM user_internal_metrics WHERE user_id = :id",
        id=an_id(person),
    )
    return found


class TestKudosAndAttendance:
    @both_ways(KUDOS_GIVEN, ATTENDANCE_REPORTED)
    def test_kudos_of_somebody_who_turns_out_not_to_have_come_do_not_count(
        self, engine: Engine, diary: Diary, first: Handler, second: Handler
    ) -> None:
        """G3, G4."""
        diary.thanked("drinks", "Dan", "Ada", Kudo.HELPFUL)
        diary.reported("drinks", "Dan", by="Hanna", status="no_show", at=END + DAY)
        publish_last(engine, diary, 2)
        race(engine, first, second)
        settle(engine)
        assert kudos_of(engine, "Ada") == {}
        assert drift(engine) == []

    @both_ways(KUDOS_GIVEN, ATTENDANCE_REPORTED)
    def test_kudos_of_somebody_who_turns_out_to_have_come_count(
        self, engine: Engine, diary: Diary, first: Handler, second: Handler
    ) -> None:
        """G3, G4."""
        diary.reported("drinks", "Dan", by="Hanna", status="no_show", at=END + HOUR)
        tell(engine, diary.pages[-1:])
        diary.thanked("drinks", "Dan", "Ada", Kudo.HELPFUL)
        diary.reported("drinks", "Dan", by="Hanna", status="late", at=END + DAY)
        publish_last(engine, diary, 2)
        race(engine, first, second)
        settle(engine)
        assert kudos_of(engine, "Ada") == {"helpful": 1}
        assert drift(engine) == []

    @both_ways(KUDOS_GIVEN, KUDOS_JUDGED_AGAIN)
    def test_more_kudos_and_a_second_judgement_of_the_earlier_add_up(
        self, engine: Engine, diary: Diary, first: Handler, second: Handler
    ) -> None:
        """G3."""
        diary.thanked("drinks", "Dan", "Ada", Kudo.HELPFUL)
        diary.thanked("drinks", "Hanna", "Ada", Kudo.HELPFUL)
        tell(engine, diary.pages[-2:])
        diary.reported("drinks", "Dan", by="Hanna", status="no_show", at=END + DAY)
        publish_last(engine, diary, 1)
        apply_alone(engine, ATTENDANCE_REPORTED)
        diary.thanked("drinks", "Dan", "Ada", Kudo.INSPIRING)
        diary.thanked("drinks", "Hanna", "Ada", Kudo.INSPIRING)
        publish_last(engine, diary, 2)
        race(engine, first, second)
        settle(engine)
        assert kudos_of(engine, "Ada") == {"helpful": 1, "inspiring": 1}
        assert drift(engine) == []

    def test_kudos_to_one_person_in_two_batches_add_up(self, engine: Engine, diary: Diary) -> None:
        """G3."""
        for kudo in (Kudo.HELPFUL, Kudo.INSPIRING):
            diary.thanked("drinks", "Dan", "Ada", kudo)
        publish_last(engine, diary, 2)
        race(engine, KUDOS_GIVEN, KUDOS_GIVEN, limit=1)
        assert kudos_of(engine, "Ada") == {"helpful": 1, "inspiring": 1}
        assert drift(engine) == []


class TestRatings:
    def test_of_one_event_in_two_batches_add_up(self, engine: Engine, diary: Diary) -> None:
        """G3."""
        diary.rated("drinks", "Ada", 5, 4)
        diary.rated("drinks", "Dan", 2, 3)
        publish_last(engine, diary, 2)
        race(engine, RATED, RATED, limit=1)
        settle(engine)
        with engine.connect() as connection:
            (row,) = connection.execute(
                text("SELECT average_rating::float, rating_count FROM host_profiles")
            )
        assert tuple(row) == (3.5, 2)
        assert drift(engine) == []


class TestTakenKeys:
    """Who comes second waits and is rejected at once, without failing first."""

    @staticmethod
    def expect(reports: list[Report], reason: str) -> None:
        assert [report.outcomes for report in reports] == [{"done": 1}, {"rejected": 1}]
        (verdict,) = reports[1].verdicts.values()
        assert isinstance(verdict, Rejected)
        assert verdict.reason == reason

    def test_of_two_payments_with_one_charge_one_is_kept(
        self, engine: Engine, diary: Diary
    ) -> None:
        for payment in ("one", "other"):
            said = PaymentSucceeded(
                payment_id=an_id(payment),
                user_id=an_id("Ada"),
                event_id=an_id("drinks"),
                invitation_id=an_id("drinks Ada"),
                amount_in_cents=500,
                currency="usd",
                stripe_payment_intent_id="pi",
                stripe_charge_id="ch_same",
            )
            diary.note(said, START - DAY)
        publish_last(engine, diary, 2)
        self.expect(race(engine, PAID, PAID, limit=1), "charge_taken")
        settle(engine)
        assert ask(engine, "SELECT count(*) FROM payments WHERE stripe_charge_id = 'ch_same'") == 1
        assert drift(engine) == []

    def test_of_two_ratings_with_one_id_one_is_kept(self, engine: Engine, diary: Diary) -> None:
        diary.event("brunch", host="Hanna", seats=8)
        tell(engine, diary.pages[-2:])
        for event in ("drinks", "brunch"):
            said = RatingSubmitted(
                rating_id=an_id("same"),
                event_id=an_id(event),
                rater_id=an_id("Ada"),
                host_rating_value=5,
                event_rating_value=4,
            )
            diary.note(said, END + DAY)
        publish_last(engine, diary, 2)
        self.expect(race(engine, RATED, RATED, limit=1), "id_taken")
        settle(engine)
        assert ask(engine, "SELECT count(*) FROM ratings") == 1
        assert drift(engine) == []


class TestSeats:
    @pytest.fixture
    def last_seat(self, engine: Engine) -> Diary:
        """Ada and Bo are invited to an event of one seat."""
        diary = Diary()
        diary.people("Hanna", "Cleo", "Ada", "Bo")
        diary.event("drinks", host="Hanna", seats=1)
        for person in ("Ada", "Bo"):
            diary.invited("drinks", person, expires_at=START)
        tell(engine, diary.pages)
        return diary

    def statuses(self, engine: Engine) -> list[str]:
        with engine.connect() as connection:
            rows = connection.execute(text("SELECT status FROM invitations ORDER BY status"))
            return [status for (status,) in rows]

    def test_the_last_one_goes_to_one_of_two(self, engine: Engine, last_seat: Diary) -> None:
        """G10."""
        last_seat.paid("drinks", "Ada")
        last_seat.paid("drinks", "Bo")
        publish_last(engine, last_seat, 2)
        apply_alone(engine, PAID)
        race(engine, SEAT_TAKEN, SEAT_TAKEN, limit=1)
        settle(engine)
        assert self.statuses(engine) == ["cancelled", "confirmed"]
        assert ask(engine, "SELECT count(*) FROM attendance") == 1
        assert ask(engine, "SELECT count(*) FROM payments WHERE status = 'refund_pending'") == 1
        assert drift(engine) == []

    @both_ways(CANCELLED, SEAT_TAKEN)
    def test_one_given_up_is_taken_by_one_at_most(
        self, engine: Engine, last_seat: Diary, first: Handler, second: Handler
    ) -> None:
        """G10: it depends on who was first whether Bo gets it."""
        last_seat.paid("drinks", "Ada")
        tell(engine, last_seat.pages[-1:])
        last_seat.cancelled("drinks", "Ada", at=START - 2 * DAY)
        last_seat.paid("drinks", "Bo", at=START - 2 * DAY + HOUR)
        publish_last(engine, last_seat, 2)
        apply_alone(engine, PAID)
        race(engine, first, second)
        settle(engine)
        gets_it = first is CANCELLED
        theirs = "confirmed" if gets_it else "cancelled"
        assert self.statuses(engine) == sorted(["cancelled_early", theirs])
        assert ask(engine, "SELECT count(*) FROM attendance") == int(gets_it)
        assert drift(engine) == []


class TestPeople:
    def test_who_share_a_clerk_id_are_registered_once(self, engine: Engine) -> None:
        publish(engine, *(a_registration(name, clerk_id="same") for name in ("Ada", "Bo")))
        route_all(engine)
        race(engine, REGISTERED, REGISTERED, limit=1)
        assert ask(engine, "SELECT count(*) FROM users") == 1
        became = deliveries(engine, REGISTERED)
        assert sorted(row.state for row in became.values()) == ["done", "rejected"]
        assert {(row.reason or "").partition(":")[0] for row in became.values()} == {
            "",
            "clerk_id_taken",
        }

    @both_ways(DELETED, INVITED)
    def test_who_are_deleted_while_they_are_invited_keep_no_invitation(
        self, engine: Engine, first: Handler, second: Handler
    ) -> None:
        """Whether it is refused or cancelled depends on who was first."""
        diary = Diary()
        diary.people("Hanna", "Cleo", "Ada")
        diary.event("drinks", host="Hanna", seats=8)
        tell(engine, diary.pages)
        diary.invited("drinks", "Ada")
        diary.note(UserDeleted(user_id=an_id("Ada")), START - 4 * DAY + timedelta(minutes=1))
        publish_last(engine, diary, 2)
        race(engine, first, second)
        settle(engine)
        with engine.connect() as connection:
            rows = connection.execute(text("SELECT status FROM invitations")).scalars().all()
        assert [*rows] == ([] if first is DELETED else ["cancelled"])
        assert drift(engine) == []
