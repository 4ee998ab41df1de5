"""What a handler says that follows: ids that a repetition shares, and nobody else."""

import pytest

from domain.attendance.payloads import AttendanceSettled
from domain.batch import DomainEvent, Effects
from domain.gatherings.payloads import EventSettled
from domain.payload import Payload
from tests.factories.facts import START
from tests.helpers.pages import an_id

FOLLOWED = AttendanceSettled(event_id=an_id("drinks"), user_id=an_id("Ada"))


def a_cause(id_: str = "cause") -> DomainEvent[Payload]:
    payload = EventSettled(event_id=an_id("drinks"))
    return DomainEvent(7, id_, "/services/test", START, payload, payload.model_dump_json())


def followed_id(handler: str, cause: DomainEvent[Payload], *, once: str | None = None) -> str:
    """Under which id a handler publishes what follows from a cause."""
    effects = Effects()
    effects.follow(cause, FOLLOWED, once=once)
    (followed,) = effects.of(handler)
    return followed.id


class TestFollow:
    def test_the_same_handler_says_the_same_of_a_cause_under_one_id(self) -> None:
        assert followed_id("a", a_cause()) == followed_id("a", a_cause())

    def test_two_handlers_of_a_cause_each_say_it(self) -> None:
        assert followed_id("a", a_cause()) != followed_id("b", a_cause())

    def test_two_causes_each_have_it_said(self) -> None:
        assert followed_id("a", a_cause("one")) != followed_id("a", a_cause("other"))

    @pytest.mark.parametrize(("handler", "cause"), [("b", "cause"), ("a", "other"), ("b", "other")])
    def test_what_may_follow_once_has_one_id_whoever_says_it(
        self, handler: str, cause: str
    ) -> None:
        first = followed_id("a", a_cause(), once="refund 1")
        assert followed_id(handler, a_cause(cause), once="refund 1") == first
        assert followed_id(handler, a_cause(cause), once="refund 2") != first
