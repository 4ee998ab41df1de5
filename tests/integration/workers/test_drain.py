"""`momento drain` tells whether anything is still to be done."""

from sqlalchemy import Engine

from tests.helpers.apply import Application
from tests.helpers.command import Momento
from tests.helpers.ledger import REGISTERED, a_registration, a_verification, publish, route_all


class TestDrain:
    def test_an_empty_system_is_quiet(self, momento: Momento) -> None:
        assert momento("drain", "--timeout", "5").code == 0

    def test_what_is_not_routed_holds_it_up(self, momento: Momento, engine: Engine) -> None:
        publish(engine, a_registration("Ana"))
        assert momento("drain", "--timeout", "0.2").code == 1

    def test_what_is_due_holds_it_up(self, momento: Momento, engine: Engine) -> None:
        publish(engine, a_registration("Ana"))
        route_all(engine)
        assert momento("drain", "--timeout", "0.2").code == 1

    def test_a_pause_that_holds_it_up_is_named(self, momento: Momento, engine: Engine) -> None:
        publish(engine, a_registration("Ana"))
        route_all(engine)
        for name in (REGISTERED.lane, "seats"):
            momento("lanes", "pause", name, "--for", "1h", "--why", "a backup")
        said = momento("drain", "--timeout", "0.2")
        assert said.code == 1
        waits, complaint = said.err.splitlines()
        assert waits.startswith(f"Waits for what is paused: {REGISTERED.lane} is paused until ")
        assert waits.endswith(": a backup")
        assert f"what is paused ({REGISTERED.lane})" in complaint

    def test_what_is_deferred_or_rejected_does_not(self, momento: Momento, engine: Engine) -> None:
        said = [a_registration("Ana"), a_registration("Bo", clerk_id="Ana")]
        with_waiting = [*said, a_verification("in vain", of="Cy")]
        application = Application(engine)
        application.publish(with_waiting)
        application.settle()
        assert momento("drain", "--timeout", "5").code == 0
