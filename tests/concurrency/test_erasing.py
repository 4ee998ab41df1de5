"""Erasing somebody waits for whoever is just writing what is to be erased."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine

from domain.catalogue import HANDLERS
from domain.dispatch import apply_due
from domain.users.payloads import UserDeleted, UserUpdated
from tests.concurrency.race import race
from tests.helpers.evening import START, an_id, settle
from tests.helpers.ledger import a_registration, ask, publish, route_all, say
from workers.desk import WorkDesk

DEPARTED = HANDLERS["privacy.apply_user_departed"]
UPDATED = HANDLERS["users.apply_user_updated"]


def test_what_was_just_being_written_is_erased_too(engine: Engine) -> None:
    """The update holds Ada's key until its facts are there to be found."""
    publish(engine, a_registration("Ada"))
    settle(engine)
    publish(engine, say(UserDeleted(user_id=an_id("Ada")), "deleted", at=START + timedelta(days=9)))
    route_all(engine)
    settle_only_the_deletion(engine)
    said = UserUpdated(user_id=an_id("Ada"), email="canary@example.org")
    publish(engine, say(said, "updated", at=START + timedelta(days=1)))
    route_all(engine)
    first, second = race(engine, UPDATED, DEPARTED)
    assert (first.outcomes, second.outcomes) == ({"done": 1}, {"done": 1})
    assert ask(engine, "SELECT count(*) FROM user_facts WHERE data::text LIKE '%canary%'") == 0
    assert ask(engine, "SELECT count(*) FROM personal_keys WHERE key IS NOT NULL") == 0


def settle_only_the_deletion(engine: Engine) -> None:
    """Have the deletion applied, and what follows from it only routed."""
    with WorkDesk(engine) as desk:
        deleted = HANDLERS["users.apply_user_deleted"]
        apply_due(desk.desk, deleted, limit=10, now=datetime.now(UTC))
    route_all(engine)
