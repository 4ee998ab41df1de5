"""How much the gateway takes on, and how it says that it is too much."""

from contextlib import suppress
from uuid import uuid4

import pytest

from gateway.limits import Admission, Limits, Rate
from gateway.problems import ProblemError


def retry_after(caught: pytest.ExceptionInfo[ProblemError]) -> str:
    assert caught.value.status == 429
    assert caught.value.headers is not None
    return caught.value.headers["Retry-After"]


class TestAdmission:
    def test_one_request_too_many_is_turned_away_until_another_is_done(self) -> None:
        admission = Admission(Limits(requests_at_once=2))
        with admission.request():
            with admission.request():
                with pytest.raises(ProblemError) as caught, admission.request():
                    pass
                assert retry_after(caught) == "1"
            with admission.request():
                pass

    def test_the_bytes_of_all_requests_count_together_and_are_let_go(self) -> None:
        admission = Admission(Limits(bytes_at_once=10))
        with admission.request() as one, admission.request() as other:
            one.add(6)
            other.add(4)
            with pytest.raises(ProblemError):
                one.add(1)
        with admission.request() as load:
            load.add(10)

    def test_a_request_that_fails_holds_nothing(self) -> None:
        admission = Admission(Limits(requests_at_once=1, bytes_at_once=1))
        for _ in range(3):
            with suppress(ZeroDivisionError), admission.request() as load:
                load.add(1)
                raise ZeroDivisionError


class TestRate:
    def test_what_was_not_used_is_saved_up_to_a_limit(self) -> None:
        now = [0.0]
        rate = Rate(Limits(requests_per_second=2, saved_up_seconds=2), lambda: now[0])
        key = uuid4()
        now[0] = 1_000
        for _ in range(4):
            rate.take(key)
        with pytest.raises(ProblemError) as caught:
            rate.take(key)
        assert retry_after(caught) == "1"
        now[0] += 0.5
        rate.take(key)
        with pytest.raises(ProblemError):
            rate.take(key)

    def test_it_says_how_long_to_wait(self) -> None:
        rate = Rate(Limits(requests_per_second=0.1, saved_up_seconds=0), lambda: 0.0)
        key = uuid4()
        rate.take(key)
        with pytest.raises(ProblemError) as caught:
            rate.take(key)
        assert retry_after(caught) == "10"

    def test_each_key_has_its_own(self) -> None:
        rate = Rate(Limits(requests_per_second=1, saved_up_seconds=1), lambda: 0.0)
        for _ in range(3):
            rate.take(uuid4())
