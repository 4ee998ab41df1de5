"""What somebody wants to be told: each setting by its newest word."""

from datetime import datetime
from itertools import permutations

import pytest
from sqlalchemy import Engine, text

from domain.envelope import Envelope
from domain.users.payloads import NotificationSettingsUpdated, UserDeleted
from tests.helpers.apply import Application
from tests.helpers.ledger import a_registration, say
from tests.helpers.pages import DAY, HOUR, START, an_id

ANA = an_id("Ana")


def settings_of_ana(engine: Engine) -> dict[str, bool]:
    """Those that are off, or were spoken of."""
    statement = "SELECT * FROM user_notification_settings WHERE user_id = :ana"
    with engine.connect() as connection:
        row = connection.execute(text(statement), {"ana": ANA}).mappings().one()
    return {name: value for name, value in row.items() if isinstance(value, bool)}


def wish(name: str, at: datetime, **said: bool | None) -> Envelope:
    return say(NotificationSettingsUpdated(user_id=ANA, **said), name, at=at)


class TestNotificationSettingsUpdated:
    def test_what_was_never_said_is_on(self, engine: Engine) -> None:
        Application(engine).run([a_registration("Ana"), wish("one", START, sms_reminders=False)])
        settings = settings_of_ana(engine)
        assert [name for name, on in settings.items() if not on] == ["sms_reminders"]
        assert len(settings) == 9

    @pytest.mark.parametrize("order", list(permutations(range(3))))
    def test_the_newest_word_on_each_stands(self, engine: Engine, order: tuple[int, ...]) -> None:
        said = [
            wish("first", START, sms_reminders=False, push_social=False),
            wish("second", START + HOUR, sms_reminders=True),
            wish("third", START + DAY, push_direct_messages=False),
        ]
        Application(engine).run([a_registration("Ana"), *(said[place] for place in order)])
        settings = settings_of_ana(engine)
        assert {name for name, on in settings.items() if not on} == {
            "push_social",
            "push_direct_messages",
        }

    def test_null_means_on_again(self, engine: Engine) -> None:
        said = [wish("off", START, push_social=False), wish("on", START + DAY, push_social=None)]
        Application(engine).run([a_registration("Ana"), *said])
        assert all(settings_of_ana(engine).values())

    @pytest.mark.parametrize("heard_first", ["deletion", "wish"])
    def test_a_wish_after_the_deletion_has_no_effect(
        self, engine: Engine, heard_first: str
    ) -> None:
        pages = [
            say(UserDeleted(user_id=ANA), "gone", at=START),
            wish("late", START + HOUR, push_social=False),
        ]
        if heard_first == "wish":
            pages.reverse()
        Application(engine).run([a_registration("Ana"), *pages])
        assert all(settings_of_ana(engine).values())
