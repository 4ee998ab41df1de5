"""What somebody still has to answer."""

from datetime import datetime

import pytest

from domain.queries.invitations import open_invitations
from tests.factories.rows import DAY, HOUR, NOW, Rows
from tests.helpers.pages import an_id

ADA = an_id("Ada")


@pytest.fixture
def ada(rows: Rows) -> Rows:
    """Ada, whom Hanna may have invited."""
    rows.person("Hanna")
    rows.person("Ada")
    return rows


def invite(
    rows: Rows,
    name: str,
    *,
    status: str = "sent",
    expires_at: datetime = NOW + DAY,
    reconfirm_by: datetime | None = None,
) -> None:
    """Invite Ada to an event that is still to come."""
    rows.event(name, host="Hanna", starts_at=NOW + 3 * DAY, status="published")
    rows.invitation(name, "Ada", status=status, expires_at=expires_at, reconfirm_by=reconfirm_by)


class TestOpenInvitations:
    def titles(self, rows: Rows) -> list[str]:
        return [each.title for each in open_invitations(rows.session, ADA, now=NOW).items]

    @pytest.mark.parametrize(
        ("status", "is_open"),
        [
            ("sent", True),
            ("payment_failed", True),
            ("confirmed", False),
            ("declined", False),
            ("expired", False),
            ("cancelled", False),
            ("cancelled_early", False),
            ("cancelled_late", False),
        ],
    )
    def test_it_is_open_until_paid_or_declined(
        self, ada: Rows, status: str, *, is_open: bool
    ) -> None:
        invite(ada, "drinks", status=status)
        assert bool(self.titles(ada)) is is_open

    def test_a_seat_in_question_is_open_until_its_own_deadline(self, ada: Rows) -> None:
        question = {"status": "pending_reconfirmation", "expires_at": NOW - DAY}
        invite(ada, "asked", **question, reconfirm_by=NOW + HOUR)  # type: ignore[arg-type]
        invite(ada, "asked long ago", **question, reconfirm_by=NOW - HOUR)  # type: ignore[arg-type]
        found = open_invitations(ada.session, ADA, now=NOW).items
        assert [(each.title, each.answer_by) for each in found] == [("asked", NOW + HOUR)]

    def test_what_has_lapsed_is_not_shown_though_nobody_has_said_so_yet(self, ada: Rows) -> None:
        invite(ada, "lapsed", expires_at=NOW - HOUR / 60)
        invite(ada, "last moment", expires_at=NOW)
        assert self.titles(ada) == ["last moment"]

    def test_the_most_urgent_comes_first_page_by_page(self, ada: Rows) -> None:
        for hours in (3, 1, 2):
            invite(ada, f"in {hours}", expires_at=NOW + hours * HOUR)
        first = open_invitations(ada.session, ADA, now=NOW, limit=2)
        rest = open_invitations(ada.session, ADA, now=NOW, after=first.next, limit=2)
        listed = [each.title for each in (*first.items, *rest.items)]
        assert listed == ["in 1", "in 2", "in 3"]
        assert rest.next is None
