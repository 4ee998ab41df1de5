"""Tickets: who asks for help is heard at once, and where it stands is the newest word."""

from typing import Any

import pytest
from sqlalchemy import Engine, text

from domain.support.payloads import SupportTicketOpened
from tests.helpers.diary import Diary
from tests.helpers.ledger import drift
from tests.helpers.pages import DAY, HOUR, START, an_id
from tests.helpers.safety import answer
from tests.helpers.said import outcome, rows
from tests.helpers.telling import tell


@pytest.fixture
def diary(engine: Engine) -> Diary:
    diary = Diary()
    diary.people("Ada", "Bo")
    tell(engine, diary.pages)
    return diary


def tell_all(engine: Engine, diary: Diary) -> None:
    tell(engine, diary.pages)
    assert drift(engine) == []


def a_ticket(name: str = "ticket", **said: Any) -> SupportTicketOpened:
    return SupportTicketOpened.model_validate(
        {
            "ticket_id": an_id(name),
            "submitter_id": an_id("Ada"),
            "reply_to_email": "ada@example.org",
            "category": "technical_issue",
            "body": "It won't start",
            **said,
        }
    )


class TestOpened:
    def test_what_it_is_about_is_kept_though_nobody_knows_it(
        self, engine: Engine, diary: Diary
    ) -> None:
        about = {"associated_event_id": an_id("x"), "associated_payment_id": an_id("y")}
        diary.note(a_ticket(**about, metadata={"os": "iOS", "sizes": [1, 2.5]}), START)
        tell_all(engine, diary)
        assert rows(
            engine,
            "SELECT reply_to_email, category, body, status, associated_event_id::text,"
            " associated_payment_id::text, metadata FROM support_tickets",
        ) == [
            (
                "ada@example.org",
                "technical_issue",
                "It won't start",
                "new",
                an_id("x"),
                an_id("y"),
                {"os": "iOS", "sizes": [1, 2.5]},
            )
        ]

    def test_numbers_count_from_1001_in_order_of_time(self, engine: Engine, diary: Diary) -> None:
        for hour in (3, 1, 2):
            diary.note(a_ticket(f"ticket {hour}"), START + hour * HOUR)
        tell_all(engine, diary)
        numbers = dict(rows(engine, "SELECT id::text, ticket_number FROM support_tickets"))
        assert [numbers[an_id(f"ticket {hour}")] for hour in (1, 2, 3)] == [1001, 1002, 1003]

    def test_opened_twice_the_earlier_stands(self, engine: Engine, diary: Diary) -> None:
        later = diary.note(a_ticket(body="Still"), START + HOUR)
        diary.note(a_ticket(), START)
        tell_all(engine, diary)
        assert rows(engine, "SELECT body FROM support_tickets") == [("It won't start",)]
        assert outcome(engine, later) == ("done", "another_stands")

    def test_a_row_that_an_api_service_wrote_is_found(self, engine: Engine, diary: Diary) -> None:
        with engine.begin() as connection:
            connection.execute(
                text(
                    "INSERT INTO support_tickets (id, submitter_id, reply_to_email, category, body)"
                    " VALUES (:id, :ada, 'ada@example.org', 'technical_issue', 'It won''t start')"
                ),
                {"id": an_id("ticket"), "ada": an_id("Ada")},
            )
        said = diary.note(a_ticket(), START)
        answer(diary, "ticket", "open", at=START + HOUR)
        tell_all(engine, diary)
        assert outcome(engine, said) == ("done", None)
        assert rows(engine, "SELECT ticket_number, status FROM support_tickets") == [(1001, "open")]

    def test_somebody_elses_under_its_id_is_refused(self, engine: Engine, diary: Diary) -> None:
        diary.note(a_ticket(), START)
        tell_all(engine, diary)
        said = diary.note(a_ticket(submitter_id=an_id("Bo")), START + HOUR)
        tell_all(engine, diary)
        assert outcome(engine, said) == ("rejected", "id_taken")
        assert rows(engine, "SELECT submitter_id::text FROM support_tickets") == [(an_id("Ada"),)]


class TestUpdated:
    def test_the_newest_word_stands_whatever_came_last(self, engine: Engine, diary: Diary) -> None:
        diary.note(a_ticket(), START)
        answer(diary, "ticket", "closed", at=START + 2 * DAY)
        tell_all(engine, diary)
        older = answer(diary, "ticket", "open", at=START + DAY)
        tell_all(engine, diary)
        assert rows(engine, "SELECT status FROM support_tickets") == [("closed",)]
        assert outcome(engine, older) == ("done", "another_stands")

    def test_it_waits_for_its_ticket(self, engine: Engine, diary: Diary) -> None:
        said = answer(diary, "ticket", "resolved", at=START + DAY)
        tell_all(engine, diary)
        assert outcome(engine, said) == ("deferred", None)
        diary.note(a_ticket(), START)
        tell_all(engine, diary)
        assert rows(engine, "SELECT status FROM support_tickets") == [("resolved",)]
