"""Several refunders at one table, beside the workers that hear of what they do."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import Engine

from domain.constants import HANDOVER_LEASE
from tests.helpers.apply import Application
from tests.helpers.refunds import Counterpart, Stands, open_till
from workers.refunding.desk import Taken

REFUNDERS = 4
PAYMENTS = 40


@pytest.fixture
def till(engine: Engine, tmp_path: Path) -> Iterator[Counterpart]:
    with open_till(engine, tmp_path / "sandbox") as till:
        yield till


def test_each_payment_goes_back_once(till: Counterpart) -> None:
    names = [f"guest{number}" for number in range(PAYMENTS)]
    till.owe(*names)

    def refund() -> None:
        while till.step():
            pass

    def apply() -> None:
        for _ in range(3):
            Application(till.engine).run([])

    with ThreadPoolExecutor(REFUNDERS + 1) as pool:
        working = [pool.submit(each) for each in (*[refund] * REFUNDERS, apply)]
        for each in working:
            each.result()
    Application(till.engine).run([])
    assert till.made() == dict.fromkeys(names, 1)
    assert len(till.asked()) == PAYMENTS
    assert till.states() == dict.fromkeys(names, Stands("made"))


def test_two_who_have_one_in_hand_ask_for_one_refund(till: Counterpart) -> None:
    """The first was stopped for longer than its lease, and both ask at the same moment."""
    till.owe("Ada")
    first = till.desk.take()
    till.clock.pass_by(HANDOVER_LEASE)
    second = till.desk.take()
    assert (len(first.in_hand), len(second.in_hand)) == (1, 1)
    # As if the first had looked at the clock before it was stopped.
    till.clock.pass_by(-HANDOVER_LEASE)

    def go_on(taken: Taken) -> None:
        till.desk.record(taken.in_hand, till.desk.send(taken.in_hand))

    with ThreadPoolExecutor(2) as pool:
        for each in [pool.submit(go_on, taken) for taken in (first, second)]:
            each.result()
    Application(till.engine).run([])
    assert till.made() == {"Ada": 1}
    assert len(till.asked()) == 2
    assert till.refused_as_double() == []
    assert till.states() == {"Ada": Stands("made")}
