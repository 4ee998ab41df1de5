"""The refunder dies, or loses its database, at every statement: each payment goes back once.

The sandbox's journal is the witness, of what Stripe made and of what it refused as a double.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from domain.constants import REST_LONGEST_PAUSE
from tests.helpers.fuse import Fuse, fused_engine
from tests.helpers.refunds import Counterpart, Stands, open_till
from workers.refunding.desk import RefundDesk
from workers.sandbox.faults import Kind

# More statements than a step has.
MOST = 40


@pytest.fixture
def till(engine: Engine, tmp_path: Path) -> Iterator[Counterpart]:
    with open_till(engine, tmp_path / "sandbox") as till:
        yield till


def a_step(desk: RefundDesk, *, survives: bool) -> None:
    """Take, ask and record; one that survives records again what Stripe answered."""
    taken = desk.take()
    if taken.in_hand:
        answers = desk.send(taken.in_hand)
        try:
            desk.record(taken.in_hand, answers)
        except DBAPIError:
            if not survives:
                raise
            desk.record(taken.in_hand, answers)


@pytest.mark.parametrize("survives", [False, True], ids=["dies", "loses its database"])
@pytest.mark.parametrize("fault", [None, Kind.CLOSE, Kind.BROKEN], ids=str)
def test_at_every_statement(
    fault: Kind | None, *, survives: bool, database_url: str, fuse: Fuse, till: Counterpart
) -> None:
    broken = RefundDesk(fused_engine(database_url, fuse), till.desk.till, till.clock)
    till.owe(*(f"guest{number}" for number in range(MOST)))
    for statement in range(1, MOST):
        if fault is not None:
            till.order(fault, accepts=statement % 2 == 0)
        fuse.arm(statement)
        try:
            a_step(broken, survives=survives)
        except DBAPIError:
            assert fuse.has_blown
        fuse.disarm()
        till.sandbox.stripe_server.faults.forget()
        # It may have put Stripe at rest, and the next step is another one's.
        till.clock.pass_by(REST_LONGEST_PAUSE)
        if not fuse.has_blown:
            break
    else:
        pytest.fail("the step never ended")
    assert statement > 8
    till.live_on(hours=30)
    assert set(till.states().values()) == {Stands("made")}
    assert set(till.payments().values()) == {"refunded"}
    assert set(till.made().values()) == {1}
    assert len(till.made()) == MOST
    assert till.refused_as_double() == []
