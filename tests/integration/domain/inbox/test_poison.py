"""What can't be taken in is held for ops to see, and hurts nothing else."""

from contextlib import suppress
from typing import Final

import psycopg
import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from tests.helpers.fuse import Fuse, fused_engine
from tests.helpers.pages import DAY, START
from tests.helpers.said import rows
from tests.helpers.stripe import Said, dispute, event, intent, names, refund, subscription
from tests.helpers.tills import evening, hear, inbox, payments, settle

AT: Final = START - 3 * DAY
SUCCEEDED: Final = event(
    "payment_intent.succeeded", intent("1", metadata=names("Ada", "drinks")), at=AT
)
REFUNDED: Final = event("refund.updated", refund("1", of="1", at=AT), at=AT)
DISPUTED: Final = event("charge.dispute.created", dispute("1", of="1", at=AT), at=AT)


def spoil(engine: Engine, statement: str) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql(statement)


def of_ada(status: str) -> Said:
    return subscription("1", of="Ada", status=status, ends=START)


class TestPoison:
    """G8: what can't be taken is held, and hurts nothing else."""

    def test_what_waited_and_cant_be_read_any_more_keeps_nothing_back(self, engine: Engine) -> None:
        hear(engine, REFUNDED)
        hear(engine, DISPUTED)
        spoil(engine, "UPDATE inbox SET said = '{}' WHERE type = 'refund.updated'")
        assert hear(engine, SUCCEEDED).state == "waiting"
        settle(engine, evening("Ada"))
        assert payments(engine)["1"].status == "disputed"
        states = inbox(engine)
        assert states[REFUNDED["id"]] == ("held", "broken_KeyError")
        assert {states[said["id"]][0] for said in (SUCCEEDED, DISPUTED)} == {"done"}

    def test_of_a_page_that_arrived_all_others_are_taken(self, engine: Engine) -> None:
        fees = [
            event("payment_intent.succeeded", intent(name, metadata=names(name, "drinks")), at=AT)
            for name in ("Ada", "Bo", "Cy")
        ]
        for said in fees:
            hear(engine, said)
        spoil(engine, "UPDATE inbox SET said = '{\"object\": 1}' WHERE object_id = 'pi_Ada'")
        settle(engine, evening("Ada", "Bo", "Cy"))
        assert set(payments(engine)) == {"Bo", "Cy"}
        assert inbox(engine)[fees[0]["id"]][0] == "held"

    def test_one_that_raises_is_kept_and_answered(self, engine: Engine) -> None:
        settle(engine, evening("Ada"))
        hear(engine, event("customer.subscription.created", of_ada("active"), at=AT))
        before = rows(engine, "SELECT count(*) FROM domain_events")
        spoil(engine, "UPDATE stripe_subscriptions SET said = '[1]'")
        taken = hear(engine, event("customer.subscription.updated", of_ada("past_due"), at=AT))
        assert taken[:2] == ("held", "broken_TypeError")
        assert rows(engine, "SELECT count(*) FROM domain_events") == before

    def test_trouble_of_the_databases_is_raised_on(self, engine: Engine) -> None:
        settle(engine, evening("Ada"))
        spoil(engine, "ALTER TABLE stripe_links RENAME TO elsewhere")
        with pytest.raises(psycopg.errors.UndefinedTable):
            hear(engine, SUCCEEDED)
        assert inbox(engine) == {}


def test_a_connection_that_breaks_is_no_poison(engine: Engine, database_url: str) -> None:
    """Whatever statement it breaks at: all of it is kept or nothing, and told again it is taken."""
    settle(engine, evening("Ada"))
    fuse = Fuse(database_url)
    broken = fused_engine(database_url, fuse)
    for statement in range(1, 40):
        fuse.arm(statement)
        with suppress(DBAPIError, psycopg.OperationalError):
            hear(broken, SUCCEEDED)
        fuse.disarm()
        if not fuse.has_blown:
            break
        assert set(inbox(engine).values()) <= {("done", None)}
    fuse.close()
    assert statement > 8
    assert hear(engine, SUCCEEDED).state == "known"
    assert inbox(engine) == {SUCCEEDED["id"]: ("done", None)}
