"""What is over and done with is forgotten after a while; what is still to be settled stays."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import text
from sqlmodel import Session

from domain.notifications.keeping import forget_old
from tests.helpers.ears import BEFORE, Ears
from tests.helpers.pages import DAY, an_id


class TestForgetting:
    def test_only_what_is_old_and_over(self, ears: Ears) -> None:
        ears.diary.paired("duo", "Ada", "Bo", at=BEFORE)
        ears.diary.paired("other", "Dan", "Eve", at=BEFORE)
        ears.hear(at=BEFORE)
        with ears.engine.begin() as connection:
            connection.execute(
                text(
                    "UPDATE notifications SET status = CASE user_id WHEN :bo THEN 'sent'"
                    " ELSE 'unknown' END"
                ),
                {"bo": an_id("Bo")},
            )
        later = datetime.now(UTC) + timedelta(days=90)
        assert self.forget(ears, later - DAY) == 0
        assert self.forget(ears, later + DAY) == 1
        assert ears.told("duo_proposed") == ["Eve push unknown"]

    @staticmethod
    def forget(ears: Ears, now: datetime) -> int:
        with Session(ears.engine) as session, session.begin():
            return forget_old(session, now=now, limit=10)
