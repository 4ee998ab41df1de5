"""The living map: what the code says, and how the collector has found it."""

from collections.abc import Iterator
from datetime import UTC, datetime

import httpx
import pytest
from sqlalchemy import Engine, text
from sqlmodel import Session

from dashboard.__main__ import server_config
from dashboard.app import make_app
from dashboard.collecting import Collector
from domain.catalogue import CATALOGUE
from domain.figures import names
from domain.figures.keeping import add_figures
from domain.figures.reading_handlers import last_days, read_handlers
from domain.figures.recorder import Key, Tally
from domain.figures.snapshot import HandlerNow
from domain.ops.living_map import Only, describe_type, living_map
from domain.tables.accounts import Role, Via
from tests.helpers.postgres import PostgresServer
from tests.helpers.roles import acting_as
from tests.helpers.serving import serving
from tests.integration.dashboard.scene import an_account, token_of

KUDOS = "kudos.apply_kudos_given"
TRIES = {"done": 30, "failed": 2}


@pytest.fixture(scope="module")
def engine(postgres_server: PostgresServer) -> Iterator[Engine]:
    """Kudos were just given, and a duo was proposed five days ago."""
    with postgres_server.engine(pool_size=4) as made:
        an_account(made, "viewer", Role.VIEWER)
        with Session(made) as session, session.begin():
            add_figures(
                session,
                {
                    Key(names.SETTLED.name, (KUDOS, "afterwards", state)): Tally(count)
                    for state, count in TRIES.items()
                },
            )
        with made.begin() as connection:
            connection.execute(
                text(
                    "INSERT INTO figures (span, name, at, labels, count, total_s) VALUES ('day',"
                    " 'deliveries_settled', date_trunc('day', now()) - interval '5 days',"
                    " '{duos.apply_duo_proposed,seats,done}', 1, 0)"
                )
            )
        yield made


@pytest.fixture
def client(engine: Engine) -> Iterator[httpx.Client]:
    app = make_app(acting_as(engine, "dashboard"))
    token, _ = token_of(engine, "viewer", Via.DASHBOARD)
    with serving(app, server_config) as url, httpx.Client(base_url=url, timeout=30) as client:
        client.cookies.set("momento-session", token, domain="127.0.0.1")
        yield client


def test_figures_are_added_up_by_handler(engine: Engine) -> None:
    with Session(acting_as(engine, "dashboard")) as session:
        assert read_handlers(session, datetime.now(UTC)) == {KUDOS: HandlerNow(TRIES)}
        assert set(last_days(session)) == {KUDOS, "duos.apply_duo_proposed"}


def test_the_map_holds_every_type_and_finds_what_to_look_at() -> None:
    now = datetime.now(UTC)
    found = living_map({KUDOS: HandlerNow(TRIES)}, {KUDOS: now})
    assert len(found) == len(CATALOGUE)
    (failing,) = [each for each in found if each.is_among(Only.FAILING)]
    assert (failing.name, failing.routes[0].wrong) == ("kudos.given", 2)
    assert failing.routes[0].per_minute == 3.2
    assert not failing.is_among(Only.QUIET)
    unhandled = {each.name for each in found if each.is_among(Only.UNHANDLED)}
    assert unhandled == {payload.NAME for payload, handlers in CATALOGUE.items() if not handlers}
    assert sum(each.is_among(Only.QUIET) for each in found) == len(found) - len(unhandled) - 1


def test_one_type_says_what_it_holds_and_what_may_follow() -> None:
    found = describe_type("kudos.given", {}, last={})
    assert found is not None
    assert found.leads_to == {KUDOS: ("kudos.settled",)}
    assert ("receiver_id", "user") in {(each.name, each.refers_to) for each in found.fields}
    settled = describe_type("app.momento.kudos.settled.v1", {}, last={})
    assert settled is not None
    assert KUDOS in settled.after
    assert describe_type("nothing", {}, last={}) is None


def test_a_page_says_that_it_does_not_know_rather_than_nothing(client: httpx.Client) -> None:
    shown = client.get("/catalogue").text
    assert "The collector is silent" in shown
    assert '<td class="number" data-label="Failed">0</td>' not in shown


def test_a_page_shows_what_was_collected(client: httpx.Client, engine: Engine) -> None:
    assert Collector(acting_as(engine, "dashboard"), None).look()
    shown = client.get("/catalogue?only=failing").text
    assert "1 of 76" in shown.replace(str(len(CATALOGUE)), "76")
    assert KUDOS in shown
    assert "3.2" in shown
    assert "silent" not in shown
    assert client.get("/search?q=kudos.given").headers["location"] == "/catalogue/kudos.given"
    assert client.get("/catalogue/nothing").status_code == 404
