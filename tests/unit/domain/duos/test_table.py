"""Rules, "Duos": what becomes of a duo, as a table; every row of it, and that there are no others.

| from | on | to |
| --- | --- | --- |
| pending | duo.accepted not after expires_at | active |
| pending, active | duo.declined | declined |
| pending, active | duo.expired not before expires_at | expired |
| pending, active | a block between the two, the deletion of either | expired |
| active | the start of an event to which both were invited with it and came | completed |
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from tests.factories.duos import (
    ACCEPTED,
    EXPIRES,
    PROPOSED,
    Story,
    accepted,
    blocked,
    declined,
    expired,
    outing,
    settled_story,
)
from tests.factories.facts import DAY, HOUR, MINUTE, START

FROM = {
    "pending": Story(),
    "active": Story([accepted()]),
    "declined": Story([declined(ACCEPTED)]),
    "expired by the clock": Story([expired(id_="a")]),
    "expired by a block": Story(blocks=[blocked(ACCEPTED)]),
    "expired by a deletion": Story(deleted_at=ACCEPTED),
    "completed": Story([accepted()], outings=[outing()]),
}
OPEN = ("pending", "active")


@dataclass(frozen=True)
class Move:
    """What happens last, and the rows of the table for it: from -> to."""

    happened: Mapping[str, Any]
    rows: Mapping[str, str] = field(default_factory=dict)


MOVES = {
    "duo.accepted at expires_at": Move({"facts": [accepted(EXPIRES)]}, {"pending": "active"}),
    "duo.accepted after expires_at": Move({"facts": [accepted(EXPIRES + MINUTE)]}),
    "duo.declined": Move({"facts": [declined(EXPIRES)]}, dict.fromkeys(OPEN, "declined")),
    "duo.expired at expires_at": Move({"facts": [expired()]}, dict.fromkeys(OPEN, "expired")),
    "duo.expired before expires_at": Move({"facts": [expired(EXPIRES - MINUTE)]}),
    "a block by the one": Move({"blocks": [blocked(EXPIRES)]}, dict.fromkeys(OPEN, "expired")),
    "a block by the other": Move(
        {"blocks": [blocked(EXPIRES, by="bo")]}, dict.fromkeys(OPEN, "expired")
    ),
    "a deletion": Move({"deleted_at": EXPIRES}, dict.fromkeys(OPEN, "expired")),
    "an event together": Move(
        {"outings": [outing(starts_at=EXPIRES, completed_at=EXPIRES + DAY)]},
        {"active": "completed"},
    ),
}
# An outing happens to whoever is active by then: expired by the clock comes from pending here.
CASES = [
    pytest.param(before, move, id=f"{before} | {name}")
    for name, move in MOVES.items()
    for before in FROM
]


def then(story: Story, happened: Mapping[str, Any]) -> Story:
    """The story with what happened last."""
    more: dict[str, Any] = {
        name: [*getattr(story, name), *value] if isinstance(value, list) else value
        for name, value in happened.items()
    }
    if story.deleted_at is not None:
        more["deleted_at"] = story.deleted_at
    return replace(story, **more)


class TestTable:
    @pytest.mark.parametrize("before", FROM)
    def test_each_case_begins_where_it_says(self, before: str) -> None:
        assert settled_story(FROM[before]).status == before.split(maxsplit=1)[0]

    @pytest.mark.parametrize(("before", "move"), CASES)
    def test_a_row_says_what_becomes_of_it_and_without_one_nothing_does(
        self, before: str, move: Move
    ) -> None:
        pact = settled_story(then(FROM[before], move.happened))
        assert pact.status == move.rows.get(before, before.split(maxsplit=1)[0])


ENDS: dict[str, dict[str, Any]] = {
    "declined": {"facts": [accepted(), declined(START - HOUR)]},
    "expired": {"facts": [accepted()], "blocks": [blocked(START - HOUR)]},
    "expired by the deletion": {"facts": [accepted()], "deleted_at": START - HOUR},
}
LATE_ENDS: dict[str, dict[str, Any]] = {
    "declined": {"facts": [accepted(), declined(START + MINUTE)]},
    "blocked": {"facts": [accepted()], "blocks": [blocked(START + MINUTE)]},
    "deleted": {"facts": [accepted()], "deleted_at": START + MINUTE},
    "expired": {"facts": [accepted(), expired()]},
    "declined at the very start": {"facts": [accepted(), declined(START)]},
}


class TestCompleted:
    """Exactly if it was active at the start of an event to which both went as a pair."""

    @pytest.mark.parametrize("ended", ENDS)
    def test_what_ended_before_the_start_stays_so(self, ended: str) -> None:
        pact = settled_story(Story(outings=[outing()], **ENDS[ended]))
        assert pact.status == ended.split(maxsplit=1)[0]

    @pytest.mark.parametrize("ended", LATE_ENDS)
    def test_what_ended_after_the_start_is_completed(self, ended: str) -> None:
        pact = settled_story(
            Story(outings=[outing(completed_at=EXPIRES + DAY)], **LATE_ENDS[ended])
        )
        assert pact.status == "completed"

    @pytest.mark.parametrize(
        ("agreed", "status"),
        [
            pytest.param(START - MINUTE, "completed", id="before the start"),
            pytest.param(START, "active", id="at the start"),
            pytest.param(START + MINUTE, "active", id="after the start"),
        ],
    )
    def test_who_agrees_only_once_it_has_started_is_too_late(
        self, agreed: Any, status: str
    ) -> None:
        assert settled_story(Story([accepted(agreed)], outings=[outing()])).status == status

    @pytest.mark.parametrize(
        ("starts_at", "status"),
        [
            pytest.param(EXPIRES, "completed", id="at expires_at"),
            pytest.param(EXPIRES + MINUTE, "active", id="after expires_at, unheard of"),
            pytest.param(PROPOSED, "active", id="at the proposal"),
        ],
    )
    def test_it_is_active_from_the_answer_to_expires_at(self, starts_at: Any, status: str) -> None:
        story = Story([accepted()], outings=[outing(starts_at=starts_at, completed_at=EXPIRES)])
        assert settled_story(story).status == status

    def test_an_event_that_started_before_the_proposal_doesn_t_count_for_an_older_answer(
        self,
    ) -> None:
        older = accepted(PROPOSED - DAY)
        story = Story([older], outings=[outing(starts_at=PROPOSED - HOUR)])
        assert settled_story(story).status == "active"
