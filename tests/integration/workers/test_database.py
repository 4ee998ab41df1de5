"""What every connection of ours brings along: a name, and a limit on each wait."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from scheduler.lead import SILENT
from workers import embedded
from workers.commands.migrate import migrate
from workers.database import make_engine


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    home = tmp_path_factory.mktemp("database")
    url = embedded.start_postgres(home)
    migrate(url)
    yield url
    embedded.stop(home)


def setting(engine: Engine, name: str) -> str:
    with engine.connect() as connection:
        found: str = connection.execute(text(f"SHOW {name}")).scalar_one()
    engine.dispose()
    return found


class TestMakeEngine:
    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("application_name", "momento-worker"),
            ("role", "momento_worker"),
            ("statement_timeout", "10s"),
            ("lock_timeout", "5s"),
            ("idle_in_transaction_session_timeout", "10s"),
        ],
    )
    def test_a_session_has_a_name_and_limits(self, url: str, name: str, value: str) -> None:
        assert setting(make_engine(url, process="worker", pool_size=1), name) == value

    def test_a_stopped_scheduler_holds_nothing_when_another_one_leads(self, url: str) -> None:
        """Postgres lets go of what it had not committed before it lets go of the lead."""
        engine = make_engine(url, process="scheduler", pool_size=1)
        assert setting(engine, "idle_in_transaction_session_timeout") == "4s"
        assert timedelta(seconds=4) < SILENT

    def test_what_the_url_says_itself_wins(self, url: str) -> None:
        own = f"{url}&options=-c%20lock_timeout%3D3s&application_name=mine"
        engine = make_engine(own, process="worker", pool_size=1)
        assert setting(engine, "lock_timeout") == "3s"
        assert setting(engine, "statement_timeout") == "10s"
        assert setting(engine, "application_name") == "mine"

    def test_the_short_scheme_is_understood(self, url: str) -> None:
        short = url.replace("postgresql://", "postgres://")
        assert setting(make_engine(short, process="relay", pool_size=1), "lock_timeout") == "10s"

    def test_an_error_does_not_show_what_a_statement_carried(self, url: str) -> None:
        engine = make_engine(url, process="worker", pool_size=1)
        with engine.connect() as connection, pytest.raises(DBAPIError) as caught:
            connection.execute(text("SELECT :phone FROM nowhere"), {"phone": "+4915112345678"})
        engine.dispose()
        assert "4915112345678" not in str(caught.value)
