"""What is told as one, while a sender is just claiming it: told with it or apart, never lost."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Final

import pytest
from sqlalchemy import Engine, text
from sqlmodel import Session

from domain.catalogue import HANDLERS
from domain.dispatch import Desk, Report, apply_due
from domain.notifications.concern import read_words, still_concerned
from domain.notifications.sending import claim, hand_over
from domain.tables.kudos import Kudo
from domain.tables.notifications import Channel
from tests.concurrency.race import WAITING
from tests.helpers.diary import Diary
from tests.helpers.ledger import PATIENCE, ask, publish, route_all, until
from tests.helpers.said import rows
from tests.helpers.telling import settle
from workers.desk import WorkDesk

APPLYING: Final = {
    "kudos": HANDLERS["kudos.apply_kudos_given"],
    "message": HANDLERS["messaging.apply_message_sent"],
}
# At two in the afternoon where they live, the day after; and when kudos have been gathered.
AFTER: Final = datetime(2026, 3, 15, 18, tzinfo=UTC)
LATER: Final = AFTER + timedelta(minutes=30)

pytestmark = pytest.mark.parametrize("template", ["kudos", "message"])


@pytest.fixture
def diary(engine: Engine) -> Diary:
    """Ada, Bo and Dan came to an event; Ada talks to Dan, and what they were told is forgotten."""
    diary = Diary()
    diary.people("Hanna", "Cleo", "Ada", "Bo", "Dan")
    diary.event("drinks", host="Hanna", seats=8)
    diary.attended("drinks", "Ada", "Bo", "Dan")
    diary.ended("drinks")
    diary.talked("Ada", "Dan", at=AFTER)
    publish(engine, *diary.pages)
    settle(engine, now=AFTER)
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM notifications"))
    return diary


def happen(engine: Engine, diary: Diary, template: str, number: int) -> None:
    """Have another thing happen of which Dan is to be told, and leave it to be applied."""
    moment = AFTER + number * timedelta(minutes=1)
    if template == "kudos":
        diary.thanked("drinks", ("Ada", "Bo")[number], "Dan", Kudo.HELPFUL, at=moment)
    else:
        diary.said("talk Ada Dan", "Ada", f"Hi {number}", at=moment)
    publish(engine, diary.pages[-1])
    route_all(engine, AFTER)


def apply(engine: Engine, template: str) -> Report:
    with WorkDesk(engine) as desk:
        return apply_due(desk.desk, APPLYING[template], limit=10, now=AFTER)


@contextmanager
def sending(engine: Engine) -> Iterator[list[int]]:
    """Have a sender in the midst of its first transaction; how many things each stands for."""
    with Session(engine) as session, session.begin():
        due = claim(session, Channel.PUSH, now=LATER, limit=10)
        go = still_concerned(session, due, now=LATER)
        said = read_words(session, go)
        hand_over(session, go)
        yield [each.words.count for each in said]


def stands(engine: Engine) -> list[tuple[str, ...]]:
    return rows(engine, "SELECT template, status FROM notifications ORDER BY created_at, id")


def test_what_comes_while_a_sender_claims_waits_and_is_told_apart(
    engine: Engine, diary: Diary, template: str
) -> None:
    happen(engine, diary, template, 0)
    apply(engine, template)
    happen(engine, diary, template, 1)
    with ThreadPoolExecutor(1) as pool:
        with sending(engine) as counts:
            joining = pool.submit(apply, engine, template)
            until(lambda: ask(engine, WAITING) > 0, "what comes waits for the sender")
            assert not joining.done()
        assert joining.result(PATIENCE.total_seconds()).outcomes == {"done": 1}
    assert counts == [1]
    assert stands(engine) == [(template, "sending"), (template, "scheduled")]
    with sending(engine) as counts:
        assert counts == [1]


def test_what_is_just_joining_keeps_senders_off_and_is_told_with_it(
    engine: Engine, diary: Diary, template: str
) -> None:
    happen(engine, diary, template, 0)
    apply(engine, template)
    happen(engine, diary, template, 1)
    met: list[list[int]] = []
    with WorkDesk(engine) as desk:

        @contextmanager
        def met_before_the_commit() -> Iterator[Session]:
            with desk.transaction() as session:
                yield session
                with sending(engine) as counts:
                    met.append(counts)

        paused = Desk(met_before_the_commit, desk.note)
        report = apply_due(paused, APPLYING[template], limit=10, now=AFTER)
    assert report.outcomes == {"done": 1}
    assert met[0] == []
    assert stands(engine)[0] == (template, "scheduled")
    with sending(engine) as counts:
        assert counts == [2]
