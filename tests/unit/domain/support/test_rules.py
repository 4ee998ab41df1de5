"""What a ticket is after all that was said about it, and what may be said."""

from datetime import datetime
from typing import Any

import pytest
from pydantic import ValidationError

from domain.constants import TICKET_METADATA_LIMIT_BYTES
from domain.facts import Fact
from domain.support.payloads import SupportTicketOpened
from domain.support.rules import Ticket, settle_ticket
from tests.factories.facts import DAY, HOUR, START, a_fact, in_order
from tests.helpers.pages import an_id


def opened(time: datetime = START, *, body: str = "Help", id_: str = "m") -> Fact:
    said = {"reply_to_email": "a@b.c", "category": "other", "body": body}
    return a_fact("support_ticket.opened", time, id_=id_, **said)


def updated(status: str, time: datetime, *, id_: str = "m") -> Fact:
    return a_fact("support_ticket.updated", time, id_=id_, status=status)


def ticket(*facts: Fact) -> Ticket:
    return settle_ticket(in_order(facts))


class TestSettleTicket:
    @pytest.mark.parametrize(
        ("facts", "status"),
        [
            pytest.param([], "new", id="opened"),
            pytest.param([updated("open", START + HOUR)], "open", id="updated"),
            pytest.param(
                [updated("closed", START + DAY), updated("open", START + HOUR)],
                "closed",
                id="newest wins",
            ),
            pytest.param(
                [updated("resolved", START, id_="b"), updated("open", START, id_="a")],
                "resolved",
                id="of one time by id",
            ),
            pytest.param(
                [updated("open", START - DAY)], "open", id="what creates comes first in any case"
            ),
            pytest.param(
                [updated("closed", START + HOUR), updated("new", START + DAY)], "new", id="reopened"
            ),
        ],
    )
    def test_its_status_is_the_newest_that_was_said(self, facts: list[Fact], status: str) -> None:
        assert ticket(opened(), *facts).status == status

    def test_of_two_that_open_it_the_earlier_stands(self) -> None:
        settled = ticket(opened(body="First"), opened(START + HOUR, body="Second", id_="z"))
        assert settled.content is not None
        assert settled.content["body"] == "First"
        assert [*settled.notes.values()] == ["another_stands"]

    def test_what_was_said_before_the_newest_is_noted_as_superseded(self) -> None:
        older, newer = updated("open", START + HOUR), updated("closed", START + DAY)
        assert ticket(opened(), older, newer).notes == {older.stamp: "another_stands"}

    def test_one_that_an_api_service_wrote_keeps_what_it_asks(self) -> None:
        assert ticket(updated("open", START)).content is None


class TestPayload:
    def opened(self, **said: Any) -> SupportTicketOpened:
        return SupportTicketOpened.model_validate(
            {
                "ticket_id": an_id("ticket"),
                "submitter_id": an_id("Ada"),
                "reply_to_email": "ada@example.org",
                "category": "technical_issue",
                "body": "Help",
                **said,
            }
        )

    @pytest.mark.parametrize("address", ["", "ada", "ada@", "@example.org", "a b@c.d", "a@b"])
    def test_an_address_to_which_nobody_can_reply_is_refused(self, address: str) -> None:
        with pytest.raises(ValidationError):
            self.opened(reply_to_email=address)

    @pytest.mark.parametrize(
        "metadata",
        [
            pytest.param({"log": "x" * TICKET_METADATA_LIMIT_BYTES}, id="too long"),
            pytest.param({f"key {n}": n for n in range(101)}, id="too many"),
            pytest.param({"": 1}, id="without a name"),
            pytest.param([1], id="a list"),
        ],
    )
    def test_metadata_is_bounded(self, metadata: Any) -> None:
        with pytest.raises(ValidationError):
            self.opened(metadata=metadata)

    def test_metadata_may_be_of_any_shape(self) -> None:
        metadata = {"os": "iOS 17.1", "sizes": [1, 2.5], "nested": {"deep": None}}
        assert self.opened(metadata=metadata).metadata == metadata

    def test_only_the_person_is_waited_for(self) -> None:
        about = {"associated_event_id": an_id("x"), "associated_payment_id": an_id("y")}
        assert [*self.opened(**about).references()] == [("user", an_id("Ada"))]
