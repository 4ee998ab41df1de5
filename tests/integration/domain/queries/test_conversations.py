"""What two people say to one another."""

import pytest

from domain.queries.conversations import conversations, messages
from tests.factories.rows import HOUR, START, Rows
from tests.helpers.pages import an_id

ADA, BO, CLEO = map(an_id, ("Ada", "Bo", "Cleo"))


@pytest.fixture
def chat(rows: Rows) -> Rows:
    """Ada and Bo talk; Cleo doesn't."""
    for name in ("Ada", "Bo", "Cleo"):
        rows.person(name)
    rows.conversation("chat", "Ada", "Bo", updated_at=START + HOUR)
    rows.message("chat", "Ada", "Hi")
    rows.message("chat", "Bo", "Hello", sent_at=START + HOUR)
    return rows


class TestMessages:
    def contents(self, rows: Rows, reader: str) -> list[str]:
        found = messages(rows.session, an_id("chat"), reader_id=reader)
        return [each.content for each in found.items]

    def test_the_newest_comes_first(self, chat: Rows) -> None:
        assert self.contents(chat, ADA) == ["Hello", "Hi"]
        assert self.contents(chat, BO) == ["Hello", "Hi"]

    def test_nobody_else_reads_along(self, chat: Rows) -> None:
        assert self.contents(chat, CLEO) == []

    def test_what_no_worker_has_accepted_is_not_shown(self, chat: Rows) -> None:
        chat.message("chat", "Ada", "On its way", sent_at=None)
        assert self.contents(chat, ADA) == ["Hello", "Hi"]

    def test_a_message_that_arrives_meanwhile_shifts_no_page(self, chat: Rows) -> None:
        first = messages(chat.session, an_id("chat"), reader_id=ADA, limit=1)
        chat.message("chat", "Bo", "Anybody there?", sent_at=START + 2 * HOUR)
        second = messages(chat.session, an_id("chat"), reader_id=ADA, after=first.next, limit=1)
        assert [each.content for each in (*first.items, *second.items)] == ["Hello", "Hi"]
        assert second.next is None


class TestConversations:
    def test_each_shows_the_other_and_what_was_said_last(self, chat: Rows) -> None:
        chat.session.connection().exec_driver_sql(
            f"UPDATE conversations SET last_message_id = '{an_id('Hello')}'"
        )
        (found,) = conversations(chat.session, ADA).items
        assert (found.other_id, found.other_name) == (BO, "Bo")
        assert found.last_message is not None
        assert (found.last_message.content, found.last_message.sender_id) == ("Hello", BO)
        assert found.updated_at == found.last_message.sent_at

    def test_the_latest_activity_comes_first_page_by_page(self, chat: Rows) -> None:
        chat.conversation("new", "Ada", "Cleo", updated_at=START + 2 * HOUR)
        first = conversations(chat.session, ADA, limit=1)
        second = conversations(chat.session, ADA, after=first.next, limit=1)
        assert [each.other_name for each in (*first.items, *second.items)] == ["Cleo", "Bo"]
        assert first.items[0].last_message is None
        assert second.next is None

    def test_others_have_theirs(self, chat: Rows) -> None:
        assert conversations(chat.session, CLEO).items == ()
        (found,) = conversations(chat.session, BO).items
        assert found.other_name == "Ada"

    def test_whoever_never_made_a_profile_has_no_name(self, chat: Rows) -> None:
        chat.person("Host only", profile=False)
        chat.conversation("with host", "Cleo", "Host only")
        (found,) = conversations(chat.session, CLEO).items
        assert (found.other_id, found.other_name) == (an_id("Host only"), None)
