"""Posts and photos of an event: who may add them, and what becomes of them."""

from datetime import timedelta

import pytest
from sqlalchemy import Engine, text

from domain.catalogue import HANDLERS
from tests.helpers.apply import Application
from tests.helpers.diary import Diary
from tests.helpers.ledger import Row, ask, deliveries
from tests.helpers.pages import DAY, END, HOUR, START, an_id
from tests.helpers.telling import tell

POSTED = HANDLERS["boards.apply_event_post_created"]
UPLOADED = HANDLERS["boards.apply_event_photo_uploaded"]
MODERATED = HANDLERS["boards.apply_event_photo_moderated"]
DRINKS, ADA = an_id("drinks"), an_id("Ada")


@pytest.fixture
def diary(engine: Engine) -> Diary:
    """Ada is invited to an event of Hanna's, and that is known."""
    diary = Diary()
    diary.people("Hanna", "Cleo", "Ada", "Bo")
    diary.event("drinks", host="Hanna", seats=8)
    diary.invited("drinks", "Ada")
    tell_all(engine, diary)
    return diary


def tell_all(engine: Engine, diary: Diary) -> None:
    """Tell what is new; the rest was said before, and has no further effect."""
    tell(engine, diary.pages)


def states(engine: Engine, handler: str) -> list[tuple[str, str]]:
    """(state, what it waits for or why) of a handler's deliveries, in the order of publishing."""
    return [
        (row.state, row.awaits or (row.reason or "").partition(":")[0])
        for row in deliveries(engine, HANDLERS[handler]).values()
    ]


def write_row(engine: Engine, statement: str, **values: object) -> None:
    """Write a row as an API service does."""
    with engine.begin() as connection:
        connection.execute(text(statement), values)


class TestEventPostCreated:
    def test_the_host_posts_at_once(self, engine: Engine, diary: Diary) -> None:
        diary.posted("drinks", "Hanna")
        tell_all(engine, diary)
        assert states(engine, POSTED.name) == [("done", "")]

    def test_a_guest_waits_for_their_seat(self, engine: Engine, diary: Diary) -> None:
        diary.posted("drinks", "Ada")
        tell_all(engine, diary)
        assert states(engine, POSTED.name) == [("deferred", f"seat:{DRINKS}:{ADA}")]
        diary.paid("drinks", "Ada")
        tell_all(engine, diary)
        assert states(engine, POSTED.name) == [("done", "")]

    def test_who_never_gets_a_seat_is_refused_after_seven_days(
        self, engine: Engine, diary: Diary
    ) -> None:
        diary.posted("drinks", "Bo")
        application = Application(engine)
        application.run(diary.pages)
        application.now += timedelta(days=8)
        application.settle()
        assert states(engine, POSTED.name) == [("rejected", "no_seat")]

    def test_once_accepted_it_stays(self, engine: Engine, diary: Diary) -> None:
        diary.paid("drinks", "Ada")
        diary.posted("drinks", "Ada")
        tell_all(engine, diary)
        diary.cancelled("drinks", "Ada", at=START - 2 * DAY)
        tell_all(engine, diary)
        assert ask(engine, "SELECT count(*) FROM event_posts") == 1

    def test_what_an_api_service_wrote_itself_is_found(self, engine: Engine, diary: Diary) -> None:
        write_row(
            engine,
            "INSERT INTO event_posts (id, event_id, user_id, content)"
            " VALUES (:id, :event, :user, 'See you!')",
            id=an_id("post drinks Hanna"),
            event=DRINKS,
            user=an_id("Hanna"),
        )
        diary.posted("drinks", "Hanna", at=START - DAY)
        tell_all(engine, diary)
        assert states(engine, POSTED.name) == [("done", "")]
        assert ask(engine, "SELECT stamp_time FROM event_posts") == START - DAY

    def test_an_id_that_is_another_s_is_refused(self, engine: Engine, diary: Diary) -> None:
        write_row(
            engine,
            "INSERT INTO event_posts (id, event_id, user_id, content)"
            " VALUES (:id, :event, :user, 'Mine')",
            id=an_id("post drinks Hanna"),
            event=DRINKS,
            user=an_id("Bo"),
        )
        diary.posted("drinks", "Hanna")
        tell_all(engine, diary)
        assert states(engine, POSTED.name) == [("rejected", "id_taken")]
        assert ask(engine, "SELECT content FROM event_posts") == "Mine"


class TestEventPhotoUploaded:
    def test_a_guest_waits_until_they_have_come(self, engine: Engine, diary: Diary) -> None:
        diary.paid("drinks", "Ada")
        diary.photographed("drinks", "Ada")
        tell_all(engine, diary)
        assert states(engine, UPLOADED.name) == [("deferred", f"present:{DRINKS}:{ADA}")]
        diary.reported("drinks", "Ada", by="Hanna", status="late")
        tell_all(engine, diary)
        assert states(engine, UPLOADED.name) == [("done", "")]
        assert ask(engine, "SELECT status FROM event_photos") == "visible"

    def test_who_never_comes_is_refused_after_seven_days_with_what_was_decided_about_it(
        self, engine: Engine, diary: Diary
    ) -> None:
        diary.photographed("drinks", "Bo")
        diary.moderated("drinks", "Bo", "hidden_by_host", by="Hanna")
        application = Application(engine)
        application.run(diary.pages)
        application.now += timedelta(days=8)
        application.settle()
        assert states(engine, UPLOADED.name) == [("rejected", "not_attended")]
        ((state, why),) = states(engine, MODERATED.name)
        assert (state, why) == ("rejected", f"event_photo:{an_id('photo drinks Bo')}")

    def test_an_api_service_that_wrote_the_row_has_no_say_in_who_sees_it(
        self, engine: Engine, diary: Diary
    ) -> None:
        write_row(
            engine,
            "INSERT INTO event_photos (id, event_id, uploader_id, image_url, status)"
            " VALUES (:id, :event, :user, 'https://momento.app/photos/1.jpg', 'pending_review')",
            id=an_id("photo drinks Hanna"),
            event=DRINKS,
            user=an_id("Hanna"),
        )
        diary.photographed("drinks", "Hanna")
        tell_all(engine, diary)
        assert ask(engine, "SELECT status FROM event_photos") == "visible"


class TestEventPhotoModerated:
    @pytest.fixture
    def shown(self, engine: Engine, diary: Diary) -> Diary:
        diary.photographed("drinks", "Hanna")
        tell_all(engine, diary)
        return diary

    def test_the_newest_word_of_the_host_stands(self, engine: Engine, shown: Diary) -> None:
        shown.moderated("drinks", "Hanna", "hidden_by_host", by="Hanna", at=END + DAY)
        tell_all(engine, shown)
        shown.moderated("drinks", "Hanna", "visible", by="Hanna", at=END + HOUR)
        older = shown.pages[-1]
        tell_all(engine, shown)
        assert ask(engine, "SELECT status FROM event_photos") == "hidden_by_host"
        assert deliveries(engine, MODERATED)[older.id] == Row(
            "done", looks=1, reason="another_stands"
        )

    def test_nobody_else_has_a_say(self, engine: Engine, shown: Diary) -> None:
        shown.moderated("drinks", "Hanna", "hidden_by_host", by="Cleo")
        tell_all(engine, shown)
        assert states(engine, MODERATED.name) == [("rejected", "not_the_host")]
        assert ask(engine, "SELECT status FROM event_photos") == "visible"

    def test_a_second_upload_doesn_t_bring_it_back(self, engine: Engine, shown: Diary) -> None:
        shown.moderated("drinks", "Hanna", "hidden_by_host", by="Hanna")
        shown.photographed("drinks", "Hanna", at=END + 2 * DAY)
        tell_all(engine, shown)
        assert ask(engine, "SELECT status FROM event_photos") == "hidden_by_host"
