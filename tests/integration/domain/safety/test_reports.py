"""Rules, "Safety": reports, who is suspended by them, and what their outcomes bring about."""

import pytest
from sqlalchemy import Engine, text

from domain.safety.payloads import ReportFiled
from tests.helpers.diary import Diary
from tests.helpers.ledger import drift
from tests.helpers.pages import DAY, END, HOUR, START, an_id
from tests.helpers.safety import report, resolve, set_status
from tests.helpers.said import outcome, published, rows
from tests.helpers.telling import tell

REPORTERS = ("Bo", "Dan", "Eve")


@pytest.fixture
def diary(engine: Engine) -> Diary:
    """Hanna hosts drinks, to which Ada is invited; nobody is reported so far."""
    diary = Diary()
    diary.people("Hanna", "Cleo", "Ada", *REPORTERS)
    diary.event("drinks", host="Hanna", seats=8)
    diary.invited("drinks", "Ada")
    tell(engine, diary.pages)
    return diary


def tell_all(engine: Engine, diary: Diary) -> None:
    tell(engine, diary.pages)
    assert drift(engine) == []


def three_report(diary: Diary, about: str = "Ada") -> None:
    for day, reporter in enumerate(REPORTERS):
        report(diary, f"by {reporter}", by=reporter, about=about, at=START + day * DAY)


def status_of(engine: Engine, person: str = "Ada") -> str:
    ((status,),) = rows(engine, "SELECT status FROM users WHERE id = :id", id=an_id(person))
    return str(status)


def a_report(**said: str | None) -> ReportFiled:
    return ReportFiled.model_validate(
        {
            "report_id": an_id("report"),
            "reporter_id": an_id("Bo"),
            "reported_id": an_id("Ada"),
            "category": "spam",
            "comments": "Sells things",
            **said,
        }
    )


class TestRows:
    def test_a_report_is_kept_as_it_was_said(self, engine: Engine, diary: Diary) -> None:
        said = a_report(event_id=an_id("drinks"), photo_id=an_id("a photo nobody knows"))
        diary.note(said, START)
        tell_all(engine, diary)
        assert rows(
            engine,
            "SELECT category, comments, event_id::text, photo_id::text, status, reported_at"
            " FROM reports",
        ) == [("spam", "Sells things", said.event_id, said.photo_id, "new", START)]

    def test_of_two_filings_the_earlier_stands(self, engine: Engine, diary: Diary) -> None:
        later = diary.note(a_report(comments="Later"), START + HOUR)
        diary.note(a_report(), START)
        tell_all(engine, diary)
        assert rows(engine, "SELECT comments, reported_at FROM reports") == [
            ("Sells things", START)
        ]
        assert outcome(engine, later) == ("done", "another_stands")

    def test_a_row_that_an_api_service_wrote_is_found_and_completed(
        self, engine: Engine, diary: Diary
    ) -> None:
        with engine.begin() as connection:
            connection.execute(
                text(
                    "INSERT INTO reports (id, reporter_id, reported_id, category, comments)"
                    " VALUES (:id, :reporter, :reported, 'spam', 'Sells things')"
                ),
                {"id": an_id("report"), "reporter": an_id("Bo"), "reported": an_id("Ada")},
            )
        said = diary.note(a_report(), START)
        tell_all(engine, diary)
        assert rows(engine, "SELECT status, reported_at FROM reports") == [("new", START)]
        assert outcome(engine, said) == ("done", None)

    @pytest.mark.parametrize("other", [{"reporter_id": "Dan"}, {"reported_id": "Hanna"}])
    def test_another_report_under_its_id_is_refused(
        self, engine: Engine, diary: Diary, other: dict[str, str]
    ) -> None:
        diary.note(a_report(), START)
        tell_all(engine, diary)
        ((field, name),) = other.items()
        said = diary.note(a_report(**{field: an_id(name)}), START)
        tell_all(engine, diary)
        assert outcome(engine, said) == ("rejected", "id_taken")

    def test_a_report_about_oneself_is_refused_with_all_that_refers_to_it(
        self, engine: Engine, diary: Diary
    ) -> None:
        filed = report(diary, "mine", by="Ada", about="Ada", at=START)
        decided = resolve(diary, "mine", "ban", at=START)
        tell_all(engine, diary)
        assert outcome(engine, filed) == ("rejected", "self")
        assert outcome(engine, decided) == ("rejected", "refers_to_rejected")
        assert status_of(engine) == "active"

    def test_a_decision_waits_for_its_report(self, engine: Engine, diary: Diary) -> None:
        resolve(diary, "late", "warning", at=START + DAY)
        tell_all(engine, diary)
        report(diary, "late", by="Bo", about="Ada", at=START)
        tell_all(engine, diary)
        assert rows(engine, "SELECT status FROM reports") == [("resolved",)]

    def test_deciding_again_only_to_close_it_changes_nothing(
        self, engine: Engine, diary: Diary
    ) -> None:
        report(diary, "one", by="Bo", about="Ada", at=START)
        resolve(diary, "one", "warning", at=START + DAY)
        again = resolve(diary, "one", "no_action", at=START + 2 * DAY)
        tell_all(engine, diary)
        assert outcome(engine, again) == ("done", "already_resolved")


class TestSuspension:
    def test_three_reports_suspend_and_say_so_once(self, engine: Engine, diary: Diary) -> None:
        three_report(diary)
        tell_all(engine, diary)
        assert status_of(engine) == "suspended"
        report(diary, "one more", by="Hanna", about="Ada", at=START + 9 * DAY)
        tell_all(engine, diary)
        suspended = {"user_id": an_id("Ada"), "report_id": an_id("by Eve")}
        assert published(engine, "user.suspended") == [suspended]

    def test_what_was_set_returns_when_one_is_closed(self, engine: Engine, diary: Diary) -> None:
        set_status(diary, "Ada", "paused", at=START - DAY)
        three_report(diary)
        tell_all(engine, diary)
        resolve(diary, "by Dan", "no_action", at=START + 9 * DAY)
        tell_all(engine, diary)
        assert status_of(engine) == "paused"

    def test_who_is_suspended_again_by_another_report_is_told_again(
        self, engine: Engine, diary: Diary
    ) -> None:
        three_report(diary)
        set_status(diary, "Ada", "active", at=START + 9 * DAY)
        tell_all(engine, diary)
        assert status_of(engine) == "active"
        report(diary, "one more", by="Hanna", about="Ada", at=START + 10 * DAY)
        tell_all(engine, diary)
        assert status_of(engine) == "suspended"
        triggers = [said["report_id"] for said in published(engine, "user.suspended")]
        assert triggers[-1] == an_id("one more")

    def test_a_change_of_something_else_leaves_it(self, engine: Engine, diary: Diary) -> None:
        three_report(diary)
        diary.people("Ada")
        tell_all(engine, diary)
        assert status_of(engine) == "suspended"

    def test_the_suspended_are_not_invited(self, engine: Engine, diary: Diary) -> None:
        three_report(diary, about="Cleo")
        tell_all(engine, diary)
        diary.invited("drinks", "Cleo")
        said = diary.pages[-1]
        tell_all(engine, diary)
        assert outcome(engine, said) == ("rejected", "user_barred")

    def test_events_of_a_suspended_host_stay(self, engine: Engine, diary: Diary) -> None:
        for reporter in REPORTERS:
            report(diary, f"by {reporter}", by=reporter, about="Hanna", at=START - 3 * DAY)
        resolve(diary, "by Bo", "suspension", at=START - 2 * DAY)
        tell_all(engine, diary)
        assert status_of(engine, "Hanna") == "suspended"
        assert rows(engine, "SELECT status FROM events") == [("published",)]


class TestBan:
    def test_it_cancels_what_has_not_started_as_of_then(self, engine: Engine, diary: Diary) -> None:
        report(diary, "one", by="Bo", about="Hanna", at=START - 3 * DAY)
        resolve(diary, "one", "ban", at=START - 2 * DAY)
        tell_all(engine, diary)
        assert status_of(engine, "Hanna") == "banned"
        assert rows(engine, "SELECT status, cancelled_at FROM events") == [
            ("cancelled", START - 2 * DAY)
        ]
        assert rows(engine, "SELECT status FROM invitations") == [("cancelled",)]

    def test_an_event_that_arrives_later_is_cancelled_too_and_one_published_later_is_not(
        self, engine: Engine, diary: Diary
    ) -> None:
        report(diary, "one", by="Bo", about="Hanna", at=START - 3 * DAY)
        resolve(diary, "one", "ban", at=START - 2 * DAY)
        tell_all(engine, diary)
        diary.event("brunch", host="Hanna", seats=4, starts_at=START + DAY)
        diary.event("walk", host="Hanna", seats=4, starts_at=START + 60 * DAY)
        tell_all(engine, diary)
        statuses = {
            str(event): status for event, status in rows(engine, "SELECT id, status FROM events")
        }
        assert statuses[an_id("brunch")] == "cancelled"
        assert statuses[an_id("walk")] == "published"

    def test_it_leaves_what_has_started(self, engine: Engine, diary: Diary) -> None:
        report(diary, "one", by="Bo", about="Hanna", at=START)
        resolve(diary, "one", "ban", at=END - HOUR)
        tell_all(engine, diary)
        assert rows(engine, "SELECT status FROM events") == [("published",)]
