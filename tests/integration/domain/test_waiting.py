"""What refers to a missing thing waits for it, is woken, and looks again by itself."""

from sqlalchemy import Engine

from domain.catalogue import HANDLERS
from domain.constants import DEFERRED_LOOKS
from domain.payload import thing
from tests.helpers.apply import Application
from tests.helpers.evening import Diary, an_id, publish
from tests.helpers.ledger import deliveries, due_in

INVITED = HANDLERS["invitations.apply_invitation_sent"]


class TestWoken:
    def test_who_then_waits_for_something_else_looks_for_that_as_often_as_at_first(
        self, engine: Engine
    ) -> None:
        """Else a wake that was missed would be healed only after hours."""
        diary = Diary()
        diary.people("Hanna", "Cleo")
        diary.event("drinks", host="Hanna", seats=8)
        invited = len(diary.pages)
        diary.invited("drinks", "Ada")
        invitation = diary.pages[invited].id
        application = Application(engine)
        application.publish(diary.pages[invited:])
        application.settle()
        for pause in DEFERRED_LOOKS:
            application.now += pause
            assert application.apply(INVITED).outcomes == {"deferred": 1}
        publish(engine, diary.pages[:invited])
        application.settle()
        row = deliveries(engine, INVITED)[invitation]
        assert (row.awaits, row.looks) == (thing("user", an_id("Ada")), 1)
        assert due_in(engine, invitation, application.now) == DEFERRED_LOOKS[0]
