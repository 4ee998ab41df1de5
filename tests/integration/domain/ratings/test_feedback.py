"""Rules, "Ratings": feedback_summary_ai, from three comments on, and kept current."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, text
from sqlmodel import Session

from domain.constants import REFUSED_FIRST_PAUSE, REST_FIRST_PAUSE
from domain.ratings.payloads import RatingSubmitted
from domain.reconcile import reconcile
from tests.helpers.diary import Diary
from tests.helpers.pages import DAY, END, an_id
from tests.helpers.ports import ScriptedSummariser, trouble
from tests.helpers.roles import as_scheduler
from tests.helpers.telling import settle, tell
from workers.chores.summaries import make_summaries

GUESTS = ("Ada", "Bo", "Dan", "Eve")
COMMENTS = {
    "Ada": "The food was great. So was the host.",
    "Bo": "Great food!",
    "Dan": "Loud music.",
    "Eve": "Great host, loud music.",
}
# Later than whatever is applied while these tests run.
NOW = datetime.now(UTC) + timedelta(hours=1)


class Evening:
    """An evening that is over, and those who were there."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.diary = Diary()
        self.diary.people("Hanna", "Cleo", *GUESTS)
        self.diary.event("drinks", host="Hanna", seats=8)
        for guest in GUESTS:
            self.diary.invited("drinks", guest)
            self.diary.paid("drinks", guest)
            self.diary.reported("drinks", guest, by="Hanna", status="attended")
        self.tell()

    def tell(self) -> None:
        tell(self.engine, self.diary.pages)

    def rate(self, guest: str, comment: str | None = "", *, at: datetime = END + DAY) -> None:
        said = COMMENTS[guest] if comment == "" else comment
        self.diary.note(
            RatingSubmitted(
                rating_id=an_id(f"rating {guest}"),
                event_id=an_id("drinks"),
                rater_id=an_id(guest),
                host_rating_value=5,
                event_rating_value=4,
                comment=said,
            ),
            at,
        )
        self.tell()

    def sum_up(self, summariser: ScriptedSummariser | None = None, *, now: datetime = NOW) -> int:
        return make_summaries(
            as_scheduler(self.engine), summariser or ScriptedSummariser(), now=now
        )

    def ask(self, statement: str) -> Any:
        with self.engine.connect() as connection:
            return connection.execute(text(statement)).scalar()

    def feedback(self) -> str | None:
        found: str | None = self.ask("SELECT event_summary->>'feedback_summary_ai' FROM events")
        return found


@pytest.fixture
def evening(engine: Engine) -> Evening:
    evening = Evening(engine)
    evening.diary.ended("drinks")
    evening.tell()
    return evening


@pytest.fixture
def told(evening: Evening) -> Evening:
    """Three guests have written a comment."""
    for guest in ("Ada", "Bo", "Dan"):
        evening.rate(guest)
    return evening


class TestFromThreeCommentsOn:
    def test_with_two_there_is_none(self, evening: Evening) -> None:
        for guest in ("Ada", "Bo"):
            evening.rate(guest)
        evening.rate("Dan", None)
        assert evening.sum_up() == 0
        assert evening.feedback() is None
        assert evening.ask("SELECT (event_summary->>'rating_count')::int FROM events") == 3

    @pytest.mark.parametrize(
        ("comment", "made"),
        [("\U0001f389", 0), (" ... !", 0), ("\u6700\u9ad8", 1), ("10/10", 1)],
    )
    def test_only_what_has_a_word_is_a_comment(
        self, evening: Evening, comment: str, made: int
    ) -> None:
        for guest in ("Ada", "Bo"):
            evening.rate(guest)
        evening.rate("Dan", comment)
        assert evening.sum_up() == made
        with Session(evening.engine) as session:
            findings = {found.name: found for found in reconcile(session)}
        assert findings["events.feedback_summary"].drifted == 0

    def test_with_three_it_is_written(self, told: Evening) -> None:
        assert told.feedback() is None
        assert told.sum_up() == 1
        assert "Great food!" in (told.feedback() or "")

    def test_it_is_asked_for_by_texts_alone_sorted(self, told: Evening) -> None:
        summariser = ScriptedSummariser()
        told.sum_up(summariser)
        assert summariser.asked == [sorted(COMMENTS[guest] for guest in ("Ada", "Bo", "Dan"))]

    def test_once_written_it_isn_t_asked_for_again(self, told: Evening) -> None:
        told.sum_up()
        summariser = ScriptedSummariser()
        assert told.sum_up(summariser, now=NOW + DAY) == 0
        assert summariser.asked == []

    def test_before_completion_there_is_none(self, engine: Engine) -> None:
        evening = Evening(engine)
        for guest in ("Ada", "Bo", "Dan"):
            evening.rate(guest)
        assert evening.sum_up() == 0
        evening.diary.ended("drinks")
        evening.tell()
        assert evening.sum_up() == 1


class TestKeptCurrent:
    def test_a_further_comment_takes_it_back_until_it_is_written_anew(self, told: Evening) -> None:
        told.sum_up()
        told.rate("Eve")
        assert told.feedback() is None
        summariser = ScriptedSummariser()
        told.sum_up(summariser)
        assert summariser.asked == [sorted(COMMENTS.values())]
        assert told.feedback() is not None

    def test_a_rating_without_a_comment_leaves_it_alone(self, told: Evening) -> None:
        told.sum_up()
        before = told.feedback()
        told.rate("Eve", None)
        assert told.feedback() == before
        assert told.sum_up() == 0

    def test_a_comment_that_no_longer_counts_takes_it_away(self, told: Evening) -> None:
        told.sum_up()
        told.diary.reported("drinks", "Bo", by="Hanna", status="no_show", at=END + 2 * DAY)
        told.tell()
        assert told.feedback() is None
        assert told.sum_up() == 0
        assert told.ask("SELECT count(*) FROM feedback_summaries") == 0

    def test_the_newest_comment_of_a_guest_stands(self, told: Evening) -> None:
        told.sum_up()
        told.rate("Bo", "I was mistaken: awful food.", at=END + 2 * DAY)
        summariser = ScriptedSummariser()
        told.sum_up(summariser)
        assert "I was mistaken: awful food." in summariser.asked[0]
        assert COMMENTS["Bo"] not in summariser.asked[0]


class TestTrouble:
    def test_it_stays_null_and_is_tried_again_after_a_pause(self, told: Evening) -> None:
        assert told.sum_up(ScriptedSummariser(trouble=trouble("timeout"))) == 0
        assert told.feedback() is None
        waiting = ScriptedSummariser()
        told.sum_up(waiting, now=NOW + REST_FIRST_PAUSE - timedelta(seconds=1))
        assert waiting.asked == []
        told.sum_up(now=NOW + REST_FIRST_PAUSE)
        assert told.feedback() is not None
        assert told.ask("SELECT count(*) FROM port_rests") == 0

    def test_a_port_that_breaks_its_promise_rests_too(self, told: Evening) -> None:
        assert told.sum_up(ScriptedSummariser(trouble=KeyError("a secret of Ana's"))) == 0
        assert told.ask("SELECT reason FROM port_rests") == "failed_KeyError"
        told.sum_up(now=NOW + REST_FIRST_PAUSE)
        assert told.feedback() is not None

    def test_refused_comments_are_tried_again_later(self, told: Evening) -> None:
        told.sum_up(ScriptedSummariser(refuses=True))
        assert told.feedback() is None
        waiting = ScriptedSummariser()
        told.sum_up(waiting, now=NOW + REFUSED_FIRST_PAUSE - timedelta(seconds=1))
        assert waiting.asked == []
        told.sum_up(now=NOW + REFUSED_FIRST_PAUSE)
        assert told.feedback() is not None

    def test_it_is_told_apart_from_trouble_with_embeddings(self, told: Evening) -> None:
        told.sum_up(ScriptedSummariser(trouble=trouble()))
        assert told.ask("SELECT port FROM port_rests") == "summaries"


class TestPoison:
    def test_a_row_of_other_comments_than_those_that_stand_is_put_off(self, told: Evening) -> None:
        """G8: nothing can be written for it, so it isn't asked for in a tight loop."""
        with told.engine.begin() as connection:
            connection.execute(text("UPDATE feedback_summaries SET comments_hash = 'spoilt'"))
        summariser = ScriptedSummariser()
        told.sum_up(summariser)
        assert len(summariser.asked) == 1
        told.sum_up(summariser, now=NOW + REFUSED_FIRST_PAUSE)
        assert len(summariser.asked) == 2
        assert told.ask("SELECT attempts FROM feedback_summaries") == 2


class TestMeanwhile:
    def test_a_comment_that_comes_while_it_is_made_is_in_the_next_one(self, told: Evening) -> None:
        summariser = ScriptedSummariser()

        def rate() -> None:
            summariser.before = None
            told.rate("Eve")

        summariser.before = rate
        told.sum_up(summariser)
        settle(told.engine)
        assert told.feedback() is None or len(summariser.asked) > 1
        told.sum_up(summariser, now=NOW + DAY)
        assert summariser.asked[-1] == sorted(COMMENTS.values())
        assert told.feedback() is not None

    def test_no_transaction_is_open(self, told: Evening) -> None:
        open_ones: list[int] = []
        statement = "SELECT count(*) FROM pg_stat_activity WHERE state = 'idle in transaction'"
        told.sum_up(ScriptedSummariser(before=lambda: open_ones.append(told.ask(statement))))
        assert open_ones == [0]
