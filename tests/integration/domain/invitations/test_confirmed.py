"""`invitation.confirmed` says once that somebody has a seat."""

import pytest
from sqlalchemy import Engine

from domain.invitations.payloads import InvitationReconfirmed
from tests.helpers.diary import Diary
from tests.helpers.ledger import ask
from tests.helpers.pages import DAY, HOUR, START, an_id
from tests.helpers.telling import tell

CONFIRMED = "SELECT count(*) FROM domain_events WHERE type = 'app.momento.invitation.confirmed.v1'"


class TestConfirmed:
    @pytest.mark.parametrize("payment_first", [True, False])
    def test_is_published_when_confirmed_at_is_first_set(
        self, engine: Engine, *, payment_first: bool
    ) -> None:
        """Also where the plan had changed by the time the payment was heard of."""
        diary = Diary()
        diary.people("Hanna", "Cleo", "Ada")
        diary.event("drinks", host="Hanna", seats=8)
        diary.invited("drinks", "Ada", expires_at=START)
        told = len(diary.pages)
        diary.paid("drinks", "Ada", at=START - 3 * DAY)
        diary.moved("drinks", at=START - 2 * DAY, starts_at=START + HOUR)
        tell(engine, diary.pages[:told])
        for page in diary.pages[told:][:: 1 if payment_first else -1]:
            tell(engine, [page])
        assert ask(engine, "SELECT status FROM invitations") == "pending_reconfirmation"
        assert ask(engine, CONFIRMED) == 1
        reconfirmed = InvitationReconfirmed(invitation_id=an_id("drinks Ada"))
        tell(engine, [diary.note(reconfirmed, START - DAY)])
        assert ask(engine, "SELECT status FROM invitations") == "confirmed"
        assert ask(engine, CONFIRMED) == 1
