"""G9: whatever comes in whatever order, however often, nobody is told the same thing twice."""

from collections import Counter
from collections.abc import Sequence
from itertools import permutations
from random import Random
from typing import Final

import pytest
from sqlalchemy import Engine

from domain.envelope import Envelope
from domain.gatherings.payloads import EventCancelled, EventReminderDue
from domain.tables.kudos import Kudo
from tests.factories.today import TODAY
from tests.factories.untold import with_untold
from tests.helpers.agree import MakeEngine
from tests.helpers.apply import Application, Manner, apply_by_many
from tests.helpers.diary import Diary
from tests.helpers.ears import PEOPLE
from tests.helpers.pages import DAY, END, HOUR, START, an_id
from tests.helpers.said import rows
from workers.city import history

DRINKS: Final = an_id("drinks")
Row = tuple[str, ...]


def told(engine: Engine) -> list[Row]:
    """Whom what was told, by their key and on which channel; kept as text."""
    return [
        tuple(map(str, row))
        for row in rows(
            engine,
            "SELECT user_id, dedupe_key, channel, template, params - 'since' FROM notifications"
            " ORDER BY 1, 2, 3",
        )
    ]


def twice(engine: Engine) -> list[Row]:
    """What somebody is told twice: by its key, or two that wait in one thread."""
    return rows(
        engine,
        "SELECT user_id::text, dedupe_key, channel FROM notifications"
        " GROUP BY 1, 2, 3 HAVING count(*) > 1"
        " UNION ALL SELECT user_id::text, thread, channel FROM notifications"
        " WHERE thread IS NOT NULL AND status = 'scheduled' AND attempts = 0"
        " GROUP BY 1, 2, 3 HAVING count(*) > 1",
    )


@pytest.fixture
def diary() -> Diary:
    """Ada, Bo and Dan have seats at an event of Hanna's, which Ada and Bo come to."""
    diary = Diary()
    diary.people(*PEOPLE)
    diary.event("drinks", host="Hanna", seats=8)
    diary.seated("drinks", "Ada", "Bo", "Dan")
    for person in ("Ada", "Bo"):
        diary.reported("drinks", person, by="Hanna", status="attended", at=START + HOUR)
    return diary


def in_every_order(
    make_engine: MakeEngine, before: Sequence[Envelope], pages: Sequence[Envelope]
) -> list[list[Row]]:
    """Whom what was told after each order of a few domain events, each said twice."""
    found = []
    for order in permutations(pages):
        engine = make_engine()
        application = Application(engine)
        application.publish(before)
        application.settle()
        for said in (*order, *order):
            application.publish([said])
            application.settle()
        assert twice(engine) == []
        found.append(told(engine))
    return found


class TestInEveryOrder:
    def test_the_same_is_told_of_what_nothing_contradicts(
        self, make_engine_of_its_own: MakeEngine, diary: Diary
    ) -> None:
        before = list(diary.pages)
        diary.posted("drinks", "Ada", at=START - DAY)
        diary.paired("duo", "Ada", "Dan", at=START - DAY)
        diary.note(EventReminderDue(event_id=DRINKS, hours_before=2), START - 2 * HOUR)
        first, *others = in_every_order(make_engine_of_its_own, before, diary.pages[len(before) :])
        assert Counter(row[3] for row in first)["event_post"] == 3
        assert all(other == first for other in others)

    def test_of_kudos_that_come_at_once_one_is_told(
        self, make_engine_of_its_own: MakeEngine, diary: Diary
    ) -> None:
        diary.ended("drinks")
        before = list(diary.pages)
        for kudo in (Kudo.HELPFUL, Kudo.INSPIRING, Kudo.THOUGHTFUL):
            diary.thanked("drinks", "Ada", "Bo", kudo, at=END + 2 * DAY)
        # As of long afterwards each has expired, and is kept by itself.
        first, *others = in_every_order(make_engine_of_its_own, before, diary.pages[len(before) :])
        assert Counter(row[3] for row in first)["kudos"] == 3
        assert all(other == first for other in others)

    def test_a_cancellation_is_told_once_by_whatever_it_comes(
        self, make_engine_of_its_own: MakeEngine, diary: Diary
    ) -> None:
        before = list(diary.pages)
        for hours, by in ((5, "host"), (4, "system")):
            said = {"event_id": DRINKS, "cancelled_by": by}
            diary.note(EventCancelled.model_validate(said), START - hours * HOUR)
        diary.moved("drinks", at=START - 6 * HOUR, starts_at=START - HOUR)
        for found in in_every_order(make_engine_of_its_own, before, diary.pages[len(before) :]):
            kinds = Counter((row[3], row[0], row[2]) for row in found)
            cancelled = {key: n for key, n in kinds.items() if key[0] == "event_cancelled"}
            assert len(cancelled) == 6
            assert set(cancelled.values()) == {1}


class TestAWholeCity:
    @pytest.mark.parametrize("seed", [1, 2])
    def test_nobody_is_told_twice_by_three_workers(self, engine: Engine, seed: int) -> None:
        city = with_untold(history(seed, now=TODAY, people=16, gatherings=6), seed)
        doubled = Random(seed).sample([*city, *city], 2 * len(city))
        apply_by_many(engine, doubled, workers=3, seed=seed)
        assert twice(engine) == []
        assert len({row[3] for row in told(engine)}) >= 12

    def test_a_batch_that_is_repeated_tells_nothing_more(self, engine: Engine) -> None:
        city = with_untold(history(1, now=TODAY, people=16, gatherings=6), 1)
        Application(engine, Manner(seed=1)).run(city)
        before = told(engine)
        Application(engine).run(city)
        assert told(engine) == before
