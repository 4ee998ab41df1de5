"""A few domain events in every order, and what comes of each compared."""

from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from itertools import permutations

from sqlalchemy import Engine

from domain.envelope import Envelope
from tests.helpers.apply import Application, unsettled
from tests.helpers.state import State, differences, snapshot

MakeEngine = Callable[[], Engine]
CopyEngine = Callable[[Engine], Engine]


class Agree:
    """Applies a few domain events in every order, one by one, and compares what comes of each."""

    def __init__(self, make_engine_of_its_own: MakeEngine, copy_engine: CopyEngine) -> None:
        self._make_engine = make_engine_of_its_own
        self._copy_engine = copy_engine

    def on(
        self,
        before: Sequence[Envelope],
        told: Sequence[Envelope],
        *,
        but_for: AbstractSet[str] = frozenset(),
        follow_ups_at_once: bool = True,
    ) -> State:
        """Give the state that all orders lead to; `but_for` names tables that may differ."""
        # What all orders begin with is applied once, and its database copied for each of them.
        begun = self._begun(before)
        states = [
            self._after(begun, order, follow_ups_at_once=follow_ups_at_once)
            for order in permutations(told)
        ]
        for state in states:
            found = differences(states[0], state)
            assert [line for line in found if line.split()[0] not in but_for] == []
        return states[0]

    def _begun(self, before: Sequence[Envelope]) -> Engine:
        engine = self._make_engine()
        application = Application(engine)
        application.publish(before)
        application.settle()
        application.close()
        return engine

    def _after(
        self, begun: Engine, order: Sequence[Envelope], *, follow_ups_at_once: bool
    ) -> State:
        engine = self._copy_engine(begun)
        application = Application(engine)
        for said in order:
            application.publish([said])
            if follow_ups_at_once:
                application.settle()
                application.do_chores()
            else:
                application.take_directly(said)
        application.run([])
        assert unsettled(engine) == []
        return snapshot(engine)
