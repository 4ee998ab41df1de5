"""What `momento trace` tells of a domain event, and what it keeps to itself."""

from datetime import date, timedelta

import pytest
from sqlalchemy import Engine, text
from sqlmodel import Session

from domain.envelope import Envelope, enclose
from domain.outbox import publish_many
from domain.users.payloads import UserRegistered
from tests.helpers.command import Momento
from tests.helpers.diary import Diary
from tests.helpers.evening import an_evening
from tests.helpers.pages import DAY, END, HOUR, SOURCE, START, an_id
from tests.helpers.telling import publish, settle, tell


@pytest.fixture
def diary() -> Diary:
    """Ada and Bo at an event, told up to their seats."""
    diary = Diary()
    diary.people("Hanna", "Cleo", "Ada", "Bo")
    diary.event("drinks", host="Hanna", seats=4)
    diary.seated("drinks", "Ada", "Bo")
    return diary


def seq_of(engine: Engine, identity: str) -> int:
    with engine.connect() as connection:
        seq: int = connection.execute(
            text("SELECT seq FROM domain_event_keys WHERE id = :id"), {"id": identity}
        ).scalar_one()
    return seq


class TestTrace:
    def test_each_handler_is_shown_with_what_became_of_it(
        self, momento: Momento, engine: Engine, diary: Diary
    ) -> None:
        tell(engine, diary.pages)
        paid = diary.pages[-1]
        said = momento("trace", paid.id)
        assert said.code == 0
        lines = said.out.splitlines()
        assert (
            lines[0]
            == f"payment.succeeded  #{seq_of(engine, paid.id)}  id {paid.id}  from {SOURCE}"
        )
        assert any(
            line.startswith("  - payments.apply_payment_succeeded (seats): done, in ")
            for line in lines
        )
        assert any("invitations.apply_payment_succeeded (seats): done" in line for line in lines)

    def test_what_followed_hangs_below_as_a_tree(
        self, momento: Momento, engine: Engine, diary: Diary
    ) -> None:
        diary.checked_in("drinks", "Ada", at=START + HOUR)
        tell(engine, diary.pages)
        traced = momento("trace", diary.pages[-1].id, "--json").json
        (settled,) = traced["follow_ups"]
        assert settled["type"] == "app.momento.attendance.settled.v1"
        assert settled["cause"] == traced["seq"]
        assert {each["handler"] for each in settled["deliveries"]} == {
            "ratings.apply_attendance_settled",
            "kudos.apply_attendance_settled",
            "matching.apply_attendance_settled",
            "profiles.apply_attendance_settled",
            "connections.apply_attendance_settled",
            "duos.apply_attendance_settled",
        }
        out = momento("trace", diary.pages[-1].id).out
        assert "\n    attendance.settled  #" in out

    def test_a_number_finds_what_an_id_finds(
        self, momento: Momento, engine: Engine, diary: Diary
    ) -> None:
        tell(engine, diary.pages)
        paid = diary.pages[-1]
        by_id = momento("trace", paid.id).out
        assert momento("trace", str(seq_of(engine, paid.id))).out == by_id

    def test_why_something_does_not_count_is_told(self, momento: Momento, engine: Engine) -> None:
        pages = an_evening()
        tell(engine, pages)
        unseen = next(
            page for page in pages if f'"{an_id("Eve")}"' in page.data and "kudo" in page.type
        )
        assert "kudos.apply_kudos_given (afterwards): done" in momento("trace", unseen.id).out
        assert "not_attended" in momento("trace", unseen.id).out

    def test_one_that_no_relay_has_seen_says_so(
        self, momento: Momento, engine: Engine, diary: Diary
    ) -> None:
        publish(engine, diary.pages[:1])
        assert "not routed yet" in momento("trace", diary.pages[0].id).out

    def test_one_that_waits_says_for_what(
        self, momento: Momento, engine: Engine, diary: Diary
    ) -> None:
        orphan = Diary()
        given = orphan.thanked("drinks", "Ada", "Bo", "helpful", at=END)  # type: ignore[arg-type]
        publish(engine, [given])
        settle(engine)
        out = momento("trace", given.id).out
        assert ": deferred, due " in out
        assert "waits for user:" in out or "waits for event:" in out


class TestCoalesced:
    """What a batch settles once names one cause, and is shown below each of them."""

    @staticmethod
    def followed(momento: Momento, page: Envelope) -> list[str]:
        """What hangs below a domain event: type and person."""
        return [
            f"{each['type'].removeprefix('app.momento.')} {each['ids'].get('user_id')}"
            for each in momento("trace", page.id, "--json").json["follow_ups"]
        ]

    def test_what_followed_from_two_of_one_batch_hangs_below_both(
        self, momento: Momento, engine: Engine, diary: Diary
    ) -> None:
        tell(engine, diary.pages)
        told = len(diary.pages)
        for person, minutes in (("Ada", 1), ("Ada", 2), ("Bo", 3)):
            diary.checked_in("drinks", person, at=START + timedelta(minutes=minutes))
        tell(engine, diary.pages[told:])
        first, second, of_bo = diary.pages[told:]
        settled = "attendance.settled.v1"
        assert self.followed(momento, first) == [f"{settled} {an_id('Ada')}"]
        assert self.followed(momento, second) == [f"{settled} {an_id('Ada')}"]
        assert self.followed(momento, of_bo) == [f"{settled} {an_id('Bo')}"]
        notes = [
            "published once for several of a batch" in momento("trace", page.id).out
            for page in (first, second, of_bo)
        ]
        assert sorted(notes[:2]) == [False, True]
        assert not notes[2]

    def test_so_does_what_followed_from_that(
        self, momento: Momento, engine: Engine, diary: Diary
    ) -> None:
        """Two changes of plan in one batch: settled once, and everybody asked once."""
        tell(engine, diary.pages)
        told = len(diary.pages)
        for hours in (1, 2):
            diary.moved("drinks", at=START - 2 * DAY + hours * HOUR, starts_at=START + hours * HOUR)
        tell(engine, diary.pages[told:])
        for page in diary.pages[told:]:
            traced = momento("trace", page.id, "--json").json
            (settled,) = traced["follow_ups"]
            assert settled["type"] == "app.momento.event.settled.v1"
            assert "event.reconfirmation_requested" in str(settled["follow_ups"])

    def test_what_another_batch_published_does_not(
        self, momento: Momento, engine: Engine, diary: Diary
    ) -> None:
        tell(engine, diary.pages)
        told = len(diary.pages)
        for minutes in (1, 2):
            diary.checked_in("drinks", "Ada", at=START + timedelta(minutes=minutes))
        for page in diary.pages[told:]:
            tell(engine, [page])
        first, second = diary.pages[told:]
        assert len(self.followed(momento, first)) == 1
        assert self.followed(momento, second) == []


class TestRefused:
    def test_a_refused_subject_says_why_and_so_does_what_refers_to_it(
        self, momento: Momento, engine: Engine
    ) -> None:
        """G2: what is settled by rejection says its reason."""
        diary = Diary()
        diary.note(
            UserRegistered(user_id=an_id("Kim"), clerk_id="Kim", birth_date=date(2015, 1, 1)), START
        )
        diary.note(
            UserRegistered(user_id=an_id("Ada"), clerk_id="Ada", birth_date=date(1990, 1, 1)), START
        )
        diary.people("Hanna", "Cleo")
        diary.event("drinks", host="Hanna", seats=4)
        diary.invited("drinks", "Kim")
        tell(engine, diary.pages)
        refused = momento("trace", diary.pages[0].id).out
        assert f"refused: user:{an_id('Kim')}: under_age" in refused
        assert "rejected, in" in refused
        invited = momento("trace", diary.pages[-1].id).out
        assert f"waits for user:{an_id('Kim')}, which was refused (under_age)" in invited
        assert "refers_to_rejected" in invited


class TestPersonalData:
    def test_nothing_of_a_payload_but_ids_is_shown(self, momento: Momento, engine: Engine) -> None:
        """G15: neither phone nor name, in either form."""
        diary = Diary()
        diary.people("Ada")
        tell(engine, diary.pages)
        for options in ([], ["--json"]):
            out = momento("trace", diary.pages[0].id, *options).out
            assert an_id("Ada") in out
            assert "4915112345678" not in out
            assert "Ada" not in out


class TestErrors:
    def test_an_unknown_id_is_an_error_that_says_so(self, momento: Momento) -> None:
        said = momento("trace", "nothing")
        assert (said.code, said.out) == (1, "")
        assert "There is no domain event nothing." in said.err

    def test_a_number_beyond_any_ledger_is_just_unknown(self, momento: Momento) -> None:
        assert momento("trace", "9" * 40).code == 1
        assert momento("trace", "9" * 18).code == 1

    def test_an_id_of_several_publishers_asks_which(self, momento: Momento, engine: Engine) -> None:
        payload = UserRegistered(user_id=an_id("Ada"), clerk_id="Ada", birth_date=date(1990, 1, 1))
        with Session(engine) as session, session.begin():
            publish_many(
                session,
                [enclose(payload, source=each, time=START, id="same") for each in ("/a", "/b")],
            )
        said = momento("trace", "same")
        assert said.code == 1
        assert "add --source, one of /a, /b" in said.err
        assert "from /b" in momento("trace", "same", "--source", "/b").out
