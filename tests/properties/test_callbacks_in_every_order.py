"""What became of a text message comes out the same, whoever says it first and however often."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from itertools import permutations
from typing import Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine
from sqlmodel import Session

from domain.notifications.addresses import hash_text, let_go
from domain.notifications.asking import Question
from domain.notifications.hearing import SENDER_LOST, Heard, hear
from domain.tables.handovers import HandoverState
from domain.tables.notifications import Channel
from tests.helpers.texting import (
    ADA,
    HANDED_OVER,
    NOW,
    NUMBER,
    SID,
    Known,
    called,
    handover_id,
    known,
    recorded,
    text_on_its_way,
)
from workers.providers.ports import Accepted, TextState, Trouble
from workers.providers.twilio_codes import meaning_of
from workers.sending.answers import judge_absence, judge_text_state

Step = Callable[[Session], object]
QUESTION: Final = Question(handover_id(), "unknown", None, NUMBER, ADA, "", HANDED_OVER, asked=1)


def told(word: str, code: int | None = None) -> Step:
    """Twilio says it by itself."""
    return lambda session: called(session, word, code)


def asked(word: str, code: int | None = None) -> Step:
    """Twilio says it when it is asked."""

    def step(session: Session) -> None:
        state = TextState(SID, word, None if code is None else meaning_of(code))
        answer = judge_text_state(QUESTION, state, now=NOW)
        hear(session, [answer.heard], now=NOW)
        if answer.unreached is not None:
            let_go(session, Channel.SMS, [answer.unreached])

    return step


def accepted(session: Session) -> None:
    recorded(session, Accepted(SID))


def unclear(session: Session) -> None:
    recorded(session, Trouble("http_500", may_be_accepted=True))


def sender_lost(session: Session) -> None:
    hear(session, [Heard(handover_id(), HandoverState.UNKNOWN, reason=SENDER_LOST)], now=NOW)


def not_listed(session: Session) -> None:
    """Somebody asked too early."""
    hear(session, [judge_absence(QUESTION, now=NOW).heard], now=NOW)


RECORDS: Final[dict[str, Step]] = {
    each.__name__: each for each in (accepted, unclear, sender_lost, not_listed)
}
ON_THE_WAY: Final = ("queued", "sending", "sent")
NEXT_LOOK: Final = HANDED_OVER + timedelta(minutes=15)
UNREACHABLE: Final = (handover_id(), hash_text(NUMBER), "unreachable", HANDED_OVER)
ENDS: Final[dict[tuple[str, int | None], Known]] = {
    ("delivered", None): Known(
        ("delivered", None, SID), [("delivered", None, SID, None)], facts=[]
    ),
    ("undelivered", 30003): Known(
        ("failed", "30003", SID), [("failed", "30003", SID, None)], facts=[]
    ),
    ("failed", 30006): Known(
        ("failed", "30006", SID), [("failed", "30006", SID, None)], facts=[UNREACHABLE]
    ),
    ("undelivered", None): Known(
        ("failed", "undelivered", SID), [("failed", "undelivered", SID, None)], facts=[]
    ),
    ("sent", None): Known(("sent", None, SID), [("sent", None, SID, NEXT_LOOK)], facts=[]),
}


def outcome(engine: Engine, steps: Sequence[Step]) -> Known:
    """Take the steps on a message that was just handed over, and forget them again."""
    with Session(engine) as session:
        text_on_its_way(session)
        for step in steps:
            step(session)
        found = known(session)
        session.rollback()
    return found


# One of each kind.
EXHAUSTED: Final = [("delivered", None), ("failed", 30006), ("sent", None)]


@pytest.mark.parametrize("record", RECORDS)
def test_every_order_of_every_word(engine: Engine, record: str) -> None:
    for end in EXHAUSTED:
        steps = [*(told(word) for word in ON_THE_WAY), told(*end), RECORDS[record]]
        for order in permutations(range(len(steps))):
            assert outcome(engine, [steps[place] for place in order]) == ENDS[end], (end, order)


@st.composite
def histories(draw: st.DrawFn) -> tuple[tuple[str, int | None], list[Step]]:
    """All that is said of a message, some of it again, by callbacks, polls and the sender."""
    end = draw(st.sampled_from(list(ENDS)))
    said = [*((word, None) for word in ON_THE_WAY), end]
    once = [told(*each) for each in said]
    steps = [*(told(*each) for each in said), *(asked(*each) for each in said), *RECORDS.values()]
    again = draw(st.lists(st.sampled_from(steps), max_size=8))
    return end, draw(st.permutations([*once, *again]))


@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(history=histories())
def test_repeats_polls_and_the_senders_own_record(
    engine: Engine, history: tuple[tuple[str, int | None], list[Step]]
) -> None:
    end, steps = history
    assert outcome(engine, steps) == ENDS[end]
