"""How often signing in may fail: by address, by name, and in all."""

from collections.abc import Callable

import pytest

from dashboard.attempts import FOR_ONE_NAME, FROM_ONE_ADDRESS, IN_ALL, Attempts
from dashboard.words import duration


class Seconds:
    """Pass when told to."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture
def attempts(seconds: Seconds) -> Attempts:
    return Attempts(seconds)


def tries_before_waiting(take: Callable[[int], int]) -> int:
    return next(number for number in range(1_000) if take(number))


def test_from_one_address(attempts: Attempts) -> None:
    taken = tries_before_waiting(lambda number: attempts.take("1.1.1.1", f"name {number}"))
    assert taken == FROM_ONE_ADDRESS.tries
    assert attempts.take("2.2.2.2", "ada") == 0


def test_for_one_name_in_whatever_case(attempts: Attempts) -> None:
    names = ("ada", "ADA")
    taken = tries_before_waiting(lambda number: attempts.take(str(number), names[number % 2]))
    assert taken == FOR_ONE_NAME.tries


def test_in_all(attempts: Attempts) -> None:
    taken = tries_before_waiting(lambda number: attempts.take(str(number), str(number)))
    assert taken == IN_ALL.tries


def test_the_wait_is_as_long_as_was_said(attempts: Attempts, seconds: Seconds) -> None:
    for _ in range(FROM_ONE_ADDRESS.tries):
        attempts.take("1.1.1.1", "ada")
    wait = attempts.take("1.1.1.1", "ada")
    seconds.now += wait - 1
    assert attempts.take("1.1.1.1", "ada") == 1
    seconds.now += 1
    assert attempts.take("1.1.1.1", "ada") == 0
    assert attempts.take("1.1.1.1", "ada") > 0


def test_who_succeeds_has_used_nothing_up(attempts: Attempts) -> None:
    for _ in range(1_000):
        assert attempts.take("1.1.1.1", "ada") == 0
        attempts.give_back("1.1.1.1", "ada")


@pytest.mark.parametrize(
    ("seconds_passed", "said"),
    [
        (-5, "0 s"),
        (59.9, "59 s"),
        (60, "1 min"),
        (3_600, "1 h"),
        (12_000, "3 h 20 min"),
        (90_000, "1 d 1 h"),
    ],
)
def test_durations_are_said_as_people_say_them(seconds_passed: float, said: str) -> None:
    assert duration(seconds_passed) == said
