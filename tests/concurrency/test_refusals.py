"""Somebody rejects for want of a thing just as somebody else makes it after all."""

from datetime import date

from sqlalchemy import Engine

from domain.users.payloads import UserRegistered
from tests.concurrency.race import race
from tests.helpers.ledger import (
    DONE,
    REGISTERED,
    VERIFIED,
    a_registration,
    a_verification,
    ask,
    deliveries,
    publish,
    route_all,
    say,
)
from tests.helpers.pages import an_id
from tests.helpers.telling import settle, tell


class TestARejectionForWantOfAThing:
    def test_is_waited_for_by_whoever_makes_the_thing_and_taken_back(self, engine: Engine) -> None:
        """G4: else Kid would exist, and his verification be rejected for ever."""
        child = UserRegistered(user_id=an_id("Kid"), clerk_id="child", birth_date=date(2020, 1, 1))
        tell(engine, [say(child, "Kid as a child"), a_registration("Ada")])
        publish(
            engine,
            a_registration("Kid"),
            a_verification("Kid verified", of="Kid"),
            # Keeps the batch going: somebody who can be verified.
            a_verification("Ada verified", of="Ada"),
        )
        route_all(engine)
        rejecting, making = race(engine, VERIFIED, REGISTERED)
        assert (rejecting.outcomes, making.outcomes) == ({"done": 1, "rejected": 1}, {"done": 1})
        assert deliveries(engine, VERIFIED)["Kid verified"].state == "pending"
        settle(engine)
        assert deliveries(engine, VERIFIED)["Kid verified"] == DONE
        assert ask(engine, "SELECT is_verified FROM users WHERE id = :id", id=an_id("Kid"))
        assert ask(engine, "SELECT count(*) FROM refusals") == 0
