"""Every page tells what is held back, as far as that is surely so."""

from dataclasses import replace
from datetime import timedelta

import pytest

from dashboard.holding import SHOWN, standing
from dashboard.snapshots import Latest
from domain.figures.snapshot import Part, PauseNow
from tests.factories.snapshots import NOW, well

HOUR = timedelta(hours=1)


def a_pause(name: str, until: timedelta = HOUR) -> PauseNow:
    return PauseNow(name, NOW - HOUR, NOW + until, "mia", "the provider is down")


def latest(*pauses: PauseNow, age_s: float = 2.0, is_away: bool = False) -> Latest:
    return Latest(well(pauses=pauses), age_s, is_away)


def told(found: Latest, *by_the_page: str) -> list[str]:
    return [each.name for each in standing(found, told=frozenset(by_the_page)).pauses]


def test_what_is_paused_but_what_the_page_tells_itself() -> None:
    found = latest(a_pause("seats"), a_pause("plans"))
    assert told(found) == ["seats", "plans"]
    assert told(found, "plans") == ["seats"]


def test_one_that_has_ended_since() -> None:
    assert told(latest(a_pause("seats", until=timedelta(seconds=1)))) == []


@pytest.mark.parametrize(
    "unsure",
    [
        Latest(None, 0.0),
        latest(a_pause("seats"), age_s=60.0),
        latest(a_pause("seats"), is_away=True),
        Latest(replace(well(), pauses=Part((a_pause("seats"),), NOW, "timeout")), 2.0),
    ],
    ids=["never read", "silent", "away", "can't be read"],
)
def test_what_may_have_ended_is_not_told(unsure: Latest) -> None:
    assert not standing(unsure).is_known
    assert told(unsure) == []


def test_of_many_the_first_and_how_many_more() -> None:
    many = [a_pause(f"handler.{number}") for number in range(SHOWN + 4)]
    found = standing(latest(*many))
    assert (len(found.pauses), found.more) == (SHOWN, 4)
