"""Erasing somebody leaves nothing personal of theirs anywhere, and everybody else's scores."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

import pytest
from sqlalchemy import Engine, text

from domain.envelope import Envelope, enclose
from domain.payload import Payload
from domain.personal import is_personal
from domain.users.payloads import UserDeleted
from tests.factories.worlds import phases
from tests.factories.worlds.world import World
from tests.helpers.apply import IN_ORDER, Application
from tests.helpers.canaries import found_in, with_canaries
from tests.helpers.state import differences, snapshot

HERE: Final = World("world 0")
LEAVING: Final = frozenset({HERE.id("Ada"), HERE.id("Hanna"), HERE.id("drinks")})
LEFT_AT: Final = datetime.now(UTC) - timedelta(hours=1)


@pytest.fixture(scope="module")
def told() -> list[Envelope]:
    """A world in which Ada and Hanna, who will leave, say nothing that isn't a canary."""
    return with_canaries([page for _, pages in phases(1) for page in pages], LEAVING)


@pytest.fixture(scope="module")
def goodbyes() -> list[Envelope]:
    return [
        enclose(UserDeleted(user_id=HERE.id(name)), source="/test", time=LEFT_AT, id=f"bye {name}")
        for name in ("Ada", "Hanna")
    ]


def decides_nothing(payload: type[Payload]) -> bool:
    """Say whether what is personal in it may come late, and nothing else depends on that.

    Who may be invited, and who met when talk began, is decided when it is heard of: so what makes
    things, and what happens to events, comes first.
    """
    return is_personal(payload) and not payload.CREATES and not payload.NAME.startswith("event.")


def run(engine: Engine, told: list[Envelope]) -> None:
    Application(engine, IN_ORDER).run(told)


def left_of_it(engine: Engine) -> dict[str, list[str]]:
    """Where a canary is still to be read.

    The names of interests are a list that belongs to nobody, and say nothing of who selected them
    (docs/decisions/0022).
    """
    found = found_in(engine)
    found.pop("interests", None)
    vectors = [row for row in found.pop("embeddings", []) if not row.startswith("(interest,")]
    return found | ({"embeddings": vectors} if vectors else {})


class TestErasure:
    def test_the_world_is_full_of_what_is_to_be_erased(
        self, engine: Engine, told: list[Envelope]
    ) -> None:
        """Else the tests below would show nothing."""
        run(engine, told)
        assert {"users", "user_facts", "ratings", "rating_facts"} <= found_in(engine).keys()

    def test_the_ledger_never_held_it_in_readable_form(
        self, engine: Engine, told: list[Envelope]
    ) -> None:
        run(engine, told)
        assert not [table for table in found_in(engine) if table.startswith("domain_events")]

    def test_nothing_of_it_is_left_in_any_table(
        self, engine: Engine, told: list[Envelope], goodbyes: list[Envelope]
    ) -> None:
        run(engine, told)
        run(engine, goodbyes)
        assert left_of_it(engine) == {}

    def test_nothing_of_it_is_kept_when_the_deletion_is_heard_of_first(
        self, engine: Engine, told: list[Envelope], goodbyes: list[Envelope]
    ) -> None:
        registered = [page for page in told if page.type == "app.momento.user.registered.v1"]
        run(engine, registered)
        run(engine, goodbyes)
        run(engine, told)
        assert left_of_it(engine) == {}

    def test_the_state_is_the_same_whichever_comes_first(
        self,
        make_engine_of_its_own: Callable[[], Engine],
        told: list[Envelope],
        goodbyes: list[Envelope],
    ) -> None:
        """G4."""
        late = [page for page in told if decides_nothing(Payload.OF_TYPE[page.type])]
        last, first = make_engine_of_its_own(), make_engine_of_its_own()
        for history in (told, goodbyes):
            run(last, history)
        for history in ([page for page in told if page not in late], goodbyes, late):
            run(first, history)
        assert differences(snapshot(last), snapshot(first)) == []

    def test_others_keep_their_scores(
        self, engine: Engine, told: list[Envelope], goodbyes: list[Envelope]
    ) -> None:
        run(engine, told)
        before = scores(engine)
        run(engine, goodbyes)
        assert scores(engine) == before
        assert any(before.values())


def scores(engine: Engine) -> dict[str, tuple[object, ...]]:
    """Everybody's scores but Ada's and Hanna's."""
    with engine.connect() as connection:
        rows = connection.execute(
            text(
                "SELECT user_id::text, contribution_score, absentee_rating, aggregated_kudos"
                " FROM user_internal_metrics"
            )
        )
        return {user: tuple(rest) for user, *rest in rows if user not in LEAVING}
