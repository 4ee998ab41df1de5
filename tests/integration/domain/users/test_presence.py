"""presence.changed and subscription.changed."""

from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import Engine, text

from domain.catalogue import HANDLERS
from domain.envelope import Envelope
from domain.tables.users import SubscriptionStatus
from domain.users.payloads import PresenceChanged, SubscriptionChanged, UserDeleted
from tests.helpers.apply import Application
from tests.helpers.ledger import a_registration, deliveries, say
from tests.helpers.pages import DAY, HOUR, START, an_id

ANA = an_id("Ana")
PRESENCE = HANDLERS["users.apply_presence_changed"]


def seen(name: str, at: datetime = START, *, online: bool = True) -> Envelope:
    return say(PresenceChanged(user_id=ANA, is_online=online), name, at=at)


def ana(engine: Engine, columns: str) -> tuple[Any, ...]:
    with engine.connect() as connection:
        found = connection.execute(text(f"SELECT {columns} FROM users WHERE id = '{ANA}'"))
        return tuple(found.one())


class TestPresence:
    def test_the_newest_says_who_is_there_and_the_newest_online_since_when(
        self, engine: Engine
    ) -> None:
        pages = [seen("on"), seen("off", START + HOUR, online=False)]
        Application(engine).run([a_registration("Ana"), *pages])
        assert ana(engine, "is_online, last_active_at") == (False, START)

    def test_one_that_is_overtaken_says_so_and_may_yet_be_the_newest_activity(
        self, engine: Engine
    ) -> None:
        application = Application(engine)
        application.run([a_registration("Ana"), seen("off", START + DAY, online=False)])
        application.run([seen("on", START + HOUR), seen("earlier", START)])
        assert ana(engine, "is_online, last_active_at") == (False, START + HOUR)
        notes = {name: row.reason for name, row in deliveries(engine, PRESENCE).items()}
        assert notes == {"off": None, "on": "newer_stands", "earlier": "newer_stands"}

    def test_of_one_time_the_greater_id_by_its_bytes_stands(self, engine: Engine) -> None:
        pages = [seen("a", online=False), seen("Z"), seen("b")]
        application = Application(engine)
        for page in [a_registration("Ana"), *pages]:
            application.run([page])
        assert ana(engine, "presence_id, is_online") == ("b", True)

    @pytest.mark.parametrize("at", [START - HOUR, START + HOUR])
    def test_the_deleted_are_not_there(self, engine: Engine, at: datetime) -> None:
        application = Application(engine)
        gone = say(UserDeleted(user_id=ANA), "gone", at=START)
        application.run([a_registration("Ana"), seen("on", START - DAY), gone])
        application.run([seen("late", at)])
        columns = "is_online, last_active_at, presence_time, presence_id, presence_source"
        assert ana(engine, columns) == (False, None, None, None, None)
        row = deliveries(engine, PRESENCE)["late"]
        assert (row.state, (row.reason or "").partition(":")[0]) == (
            ("done" if at < START else "rejected"),
            "user_deleted",
        )


class TestSubscription:
    def test_each_field_is_what_was_said_last(self, engine: Engine) -> None:
        ends = START + 30 * DAY
        premium = SubscriptionChanged(
            user_id=ANA,
            subscription_status=SubscriptionStatus.PREMIUM,
            subscription_ends=ends,
            stripe_subscription_id="sub_1",
        )
        late = SubscriptionChanged(user_id=ANA, subscription_status=SubscriptionStatus.PAST_DUE)
        pages = [say(late, "late", at=START + DAY), say(premium, "premium")]
        Application(engine).run([a_registration("Ana"), *pages])
        columns = "subscription_status, subscription_ends, stripe_subscription_id"
        assert ana(engine, columns) == ("past_due", ends, "sub_1")
