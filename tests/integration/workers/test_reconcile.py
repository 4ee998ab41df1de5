"""Every check agrees with the handlers, and each notices when its own figure is wrong."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from sqlalchemy import Engine, text
from sqlmodel import Session

from domain.envelope import Envelope
from domain.invitations.payloads import InvitationDeclined
from domain.reconcile import CHECKS, Finding, reconcile
from domain.users.payloads import SocialProfileUpdated
from tests.helpers.apply import Application
from tests.helpers.command import Momento
from tests.helpers.corruptions import ADA, BO, CORRUPTIONS, DAN, DRINKS, FLO, invitation
from tests.helpers.diary import Diary
from tests.helpers.pages import START, an_id
from tests.helpers.postgres import PostgresServer
from tests.helpers.safety import an_evening_with_trouble
from tests.helpers.telling import publish, tell

PLANTED = [(check, each) for check, listed in CORRUPTIONS.items() for each in listed]


@pytest.fixture(scope="module")
def told(postgres_server: PostgresServer) -> Iterator[Engine]:
    """An evening that was applied, for copies of it to be spoilt."""
    with postgres_server.engine(pool_size=6) as made:
        tell_it(made)
        yield made


@pytest.fixture
def evening(told: Engine, copy_engine: Callable[[Engine], Engine]) -> Engine:
    return copy_engine(told)


def tell_it(engine: Engine) -> None:
    tell(engine, [*an_evening_with_trouble(), *afterthoughts()])
    Application(engine).catch_up()


def afterthoughts() -> list[Envelope]:
    """Flo isn't interested in a picnic, and Dan says something of himself."""
    diary = Diary()
    diary.invited("picnic", "Flo")
    said = {"invitation_id": an_id("picnic Flo"), "decline_reason": "not_interested"}
    diary.note(InvitationDeclined.model_validate(said), START)
    diary.note(SocialProfileUpdated(user_id=DAN, bio="I climb"), START)
    # Not the ids of the evening's own pages.
    return [replace(page, id=f"afterthought {page.id}") for page in diary.pages]


def findings(engine: Engine) -> dict[str, Finding]:
    with Session(engine) as session, session.begin():
        return {finding.name: finding for finding in reconcile(session)}


def drifted(engine: Engine) -> list[str]:
    return [name for name, finding in findings(engine).items() if finding.drifted]


def plant(engine: Engine, statement: str) -> None:
    with engine.begin() as connection:
        changed = connection.execute(text(statement.replace(":", r"\:")))
        assert changed.rowcount != 0


class TestReconcile:
    def test_an_evening_told_to_the_handlers_shows_no_drift(self, evening: Engine) -> None:
        """G3: derived figures equal those recomputed from the rows."""
        assert drifted(evening) == []

    def test_what_chores_have_still_to_make_is_no_drift(self, engine: Engine) -> None:
        tell(engine, [*an_evening_with_trouble(), *afterthoughts()])
        assert drifted(engine) == []

    def test_every_check_had_something_to_look_at(self, evening: Engine) -> None:
        assert [name for name, each in findings(evening).items() if not each.looked_at] == []

    def test_an_empty_database_has_no_drift(self, engine: Engine) -> None:
        assert drifted(engine) == []

    @pytest.mark.parametrize(("check", "corruption"), PLANTED)
    def test_a_wrong_figure_turns_its_own_check_red_and_no_other(
        self, evening: Engine, check: str, corruption: str
    ) -> None:
        """G3: shown by planting each fault."""
        plant(evening, corruption)
        assert drifted(evening) == [check]

    def test_a_seat_too_many_is_found(self, evening: Engine) -> None:
        """G10: a holder more than there are seats, with all that hangs on it."""
        plant(
            evening,
            f"UPDATE invitations SET status = 'confirmed' WHERE event_id = '{DRINKS}'"
            f" AND user_id IN ('{BO}', '{FLO}')",
        )
        found = findings(evening)["invitations.seats"]
        assert (found.drifted, found.keys) == (1, [DRINKS])

    def test_a_seat_that_was_not_given_up_is_missed(self, evening: Engine) -> None:
        plant(evening, invitation("status = 'cancelled_early'", ADA))
        assert {"invitations.status", "attendance.rows"} <= set(drifted(evening))

    def test_seats_taken_before_there_were_fewer_are_no_drift(self, evening: Engine) -> None:
        plant(evening, f"UPDATE events SET max_attendees = 1 WHERE id = '{DRINKS}'")
        assert drifted(evening) == []

    def test_a_block_that_handlers_never_heard_of_is_missed_wherever_it_matters(
        self, evening: Engine
    ) -> None:
        plant(
            evening,
            "INSERT INTO block_facts (blocker_id, blocked_id, at, id, source, blocks)"
            f" VALUES ('{DAN}', '{ADA}', '2026-03-14 20:30Z', 'x', 'x', true)",
        )
        assert set(drifted(evening)) == {
            "blocked_users",
            "connections",
            "kudos.counts",
            "metrics.aggregated_kudos",
            "metrics.gratitude",
            "metrics.kudos_givers",
        }

    def test_a_report_under_review_is_no_drift(self, evening: Engine) -> None:
        plant(evening, f"UPDATE reports SET status = 'under_review' WHERE reporter_id = '{ADA}'")
        assert drifted(evening) == []

    def test_every_check_has_a_fault_planted_for_it(self) -> None:
        assert {*CORRUPTIONS, "invitations.seats"} == {check.name for check in CHECKS}

    def test_it_can_write_nothing(self, evening: Engine) -> None:
        with Session(evening) as session, session.begin():
            list(reconcile(session))
            read_only = session.connection().exec_driver_sql("SHOW transaction_read_only").scalar()
            isolation = session.connection().exec_driver_sql("SHOW transaction_isolation").scalar()
        assert (read_only, isolation) == ("on", "repeatable read")


class TestCommand:
    @pytest.fixture
    def evening(self, engine: Engine) -> Engine:
        """The database that the command is told of."""
        tell_it(engine)
        return engine

    def test_without_drift_it_ends_well_with_a_line_for_each_check(
        self, momento: Momento, evening: Engine
    ) -> None:
        said = momento("reconcile")
        lines = said.out.splitlines()
        assert said.code == 0
        assert lines[-1] == "No drift."
        assert [line.split()[0] for line in lines[:-1]] == [check.name for check in CHECKS]

    def test_drift_is_named_and_fails(self, momento: Momento, evening: Engine) -> None:
        plant(evening, f"UPDATE users SET status = 'paused' WHERE id = '{ADA}'")
        said = momento("reconcile")
        assert said.code == 1
        assert f"1 DRIFTED: {ADA}" in said.out
        assert said.out.splitlines()[-1] == "1 rows drifted."

    def test_programs_get_the_same_as_json(self, momento: Momento, evening: Engine) -> None:
        plant(evening, f"UPDATE users SET status = 'paused' WHERE id = '{ADA}'")
        said = momento("reconcile", "--json")
        assert said.code == 1
        assert (said.json["drifted"], said.json["unsettled"]) == (1, 0)
        assert said.json["checks"][0] == {
            "name": "users.status",
            "looked_at": 8,
            "drifted": 1,
            "keys": [ADA],
        }

    def test_drift_while_work_is_under_way_is_told_apart(
        self, momento: Momento, evening: Engine
    ) -> None:
        plant(evening, f"UPDATE users SET status = 'paused' WHERE id = '{ADA}'")
        page = an_evening_with_trouble()[0]
        plant(evening, "DELETE FROM domain_event_keys")
        publish(evening, [page])
        assert "nothing due and nothing failed" in momento("reconcile").out
