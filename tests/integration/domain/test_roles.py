"""What each process may do in the database, and that nothing else is let through.

The processes themselves run with these rights wherever a test runs one (tests/helpers/roles.py).
"""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import Engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from domain.granting import rights_found, rights_stated
from domain.roles import PROCESSES, RIGHTS, limits_of, role_of
from domain.tables import metadata
from tests.helpers.diary import Diary
from tests.helpers.postgres import PostgresServer
from tests.helpers.roles import acting_as
from tests.helpers.telling import tell
from workers import embedded
from workers.commands.migrate import migrate
from workers.database import make_engine
from workers.errors import CommandError

WITHOUT: Final = "options=-c%20role%3Dnone"
MIGRATE: Final = "import sys; from workers.commands.migrate import migrate; migrate(sys.argv[1])"
# What would change the past, or open every door, and is nobody's business while it runs.
NEVER: Final = (
    "UPDATE domain_events SET type = 'other'",
    "DELETE FROM domain_events",
    "DELETE FROM domain_events_default",
    "TRUNCATE domain_events",
    "UPDATE domain_event_keys SET id = 'other'",
    "DELETE FROM domain_event_keys",
    "DELETE FROM personal_keys",
    "UPDATE api_keys SET types = '{*}'",
    "ALTER TABLE users ADD COLUMN x text",
    "DROP TABLE refusals",
    "CREATE TABLE mine (x text)",
    "UPDATE alembic_version SET version_num = '0001'",
    "ALTER ROLE momento_worker SUPERUSER",
)
# What admins do, in the dashboard alone.
OPS_ALONE: Final = (
    "INSERT INTO api_keys (id, name, key_hash, types) VALUES (gen_random_uuid(), 'x', 'x', '{*}')",
    "UPDATE dashboard_users SET role = 'admin'",
    "INSERT INTO dashboard_users DEFAULT VALUES",
    "SELECT password_hash FROM dashboard_users",
)
REFUSED: Final = {
    "relay": (
        "SELECT data FROM domain_events",
        "SELECT phone_number FROM users",
        "SELECT params FROM notifications",
        "SELECT key FROM personal_keys",
        "DELETE FROM deliveries",
    ),
    "worker": (
        "SELECT key_hash FROM api_keys",
        "SELECT password_hash FROM dashboard_users",
        "DELETE FROM deliveries",
        "UPDATE handovers SET state = 'sent'",
        "SELECT momento_drop_month('2020-01-01')",
    ),
    "scheduler": (
        "SELECT key_hash FROM api_keys",
        "SELECT password_hash FROM dashboard_users",
        "UPDATE users SET phone_number = '+1'",
        "UPDATE payments SET status = 'refunded'",
        "UPDATE deliveries SET handler = 'another'",
        "UPDATE domain_events SET data = '{}'",
        "DELETE FROM users",
    ),
    "sender": (
        "SELECT data FROM domain_events",
        "SELECT content FROM messages",
        "SELECT content FROM event_posts",
        "SELECT private_notes FROM connections",
        "SELECT birth_date FROM users",
        "SELECT body FROM support_tickets",
        "UPDATE users SET phone_number = '+1'",
        "DELETE FROM notifications",
        "SELECT FROM deliveries",
    ),
    "gateway": (
        "SELECT data FROM domain_events",
        "SELECT params FROM notifications",
        "SELECT template FROM notifications",
        "SELECT phone_number FROM users",
        "SELECT email FROM users",
        "SELECT content FROM messages",
        "SELECT FROM deliveries",
        "DELETE FROM outbox",
        "INSERT INTO notifications (user_id) VALUES (gen_random_uuid())",
        "UPDATE users SET status = 'active'",
        "SELECT password_hash FROM dashboard_users",
    ),
    "dashboard": (
        "SELECT phone_number FROM users",
        "SELECT last_name FROM users",
        "SELECT first_name FROM social_profiles",
        "SELECT host_name FROM host_profiles",
        "SELECT token FROM push_notification_tokens",
        "SELECT comments FROM reports",
        "SELECT key FROM personal_keys",
        "SELECT content FROM messages",
        "UPDATE deliveries SET handler = 'another'",
        "DELETE FROM deliveries",
        "UPDATE audit_log SET actor = 'nobody'",
        "DELETE FROM audit_log",
        "DELETE FROM outbox",
        "INSERT INTO deliveries DEFAULT VALUES",
        "SELECT key_hash FROM api_keys",
        "UPDATE api_keys SET key_hash = 'x'",
        "UPDATE dashboard_users SET password_hash = 'x'",
        "DELETE FROM dashboard_users",
    ),
}


def refused(engine: Engine, statement: str) -> bool:
    """Whether the server says that this isn't allowed, and not that it is wrong."""
    with engine.connect() as connection, pytest.raises(DBAPIError) as caught:
        connection.execute(text(statement))
    return isinstance(caught.value.orig, psycopg.errors.InsufficientPrivilege)


class TestWhatIsStated:
    def test_every_table_has_its_rights_stated(self) -> None:
        stated = {table for may in RIGHTS.values() for table in may}
        nobody = sorted(metadata.tables.keys() - stated)
        assert not nobody, (
            f"domain/roles.py doesn't say who may do what with {', '.join(nobody)}: add each to"
            " RIGHTS, for each process that needs it, with as little as it needs"
        )
        others = stated - metadata.tables.keys() - {"alembic_version", "domain_events_default"}
        assert not others, f"domain/roles.py speaks of tables that there aren't: {others}"

    def test_it_is_what_the_database_knows(self, engine: Engine) -> None:
        with engine.connect() as connection:
            assert rights_found(connection) == rights_stated(connection)

    def test_what_differs_is_put_right(self, engine: Engine, database_url: str) -> None:
        with engine.begin() as connection:
            connection.execute(text("GRANT DELETE ON users TO momento_gateway"))
            connection.execute(text("GRANT SELECT (email) ON users TO momento_gateway"))
            connection.execute(text("REVOKE INSERT ON outbox FROM momento_gateway"))
        migrate(database_url)
        self.test_it_is_what_the_database_knows(engine)

    def test_nobody_changes_what_was_said(self) -> None:
        for process, may in RIGHTS.items():
            words = may.get("domain_events", "")
            assert not {"update", "delete"} & set(words.split()), process


@pytest.fixture(scope="module")
def played(postgres_server: PostgresServer) -> Iterator[Engine]:
    """A database with somebody in it."""
    with postgres_server.engine(pool_size=2) as engine:
        diary = Diary()
        diary.people("Ada")
        tell(engine, diary.pages)
        yield engine


class TestWhatIsRefused:
    @pytest.mark.parametrize("process", PROCESSES)
    def test_what_a_process_must_not_do(self, played: Engine, process: str) -> None:
        """G11, G15."""
        others = () if process == "dashboard" else OPS_ALONE
        may = [
            statement
            for statement in (*NEVER, *others, *REFUSED[process])
            if not refused(acting_as(played, process), statement)
        ]
        assert may == []

    def test_a_young_month_stays_whoever_asks(self, played: Engine) -> None:
        now = datetime.now(UTC)
        statement = f"SELECT momento_drop_month('{now:%Y-%m-01}')"
        assert refused(acting_as(played, "scheduler"), statement)
        with acting_as(played, "scheduler").begin() as connection:
            gone = "SELECT momento_drop_strays(ARRAY(SELECT seq FROM domain_events), now())"
            assert connection.execute(text(gone)).scalar_one() == 0


class TestRoles:
    @pytest.mark.parametrize("process", PROCESSES)
    def test_a_process_acts_as_its_role(self, engine: Engine, process: str) -> None:
        with acting_as(engine, process).connect() as connection:
            found = connection.execute(text("SELECT current_user, session_user")).one()
            # Whoever resets it is who the process is, not who it signed in as.
            connection.execute(text("RESET ROLE"))
            assert connection.execute(text("SELECT current_user")).scalar_one() == found[0]
        assert found == (role_of(process), engine.url.username)

    def test_who_signs_in_as_a_role_has_its_limits(self, database_url: str) -> None:
        """Where each process has a URL of its own."""
        migrate(database_url)
        with closing(psycopg.connect(database_url, autocommit=True)) as owner:
            owner.execute("ALTER ROLE momento_scheduler LOGIN")
            own = make_url(database_url).set(username="momento_scheduler")
            try:
                with closing(psycopg.connect(own.render_as_string())) as connection:
                    for name, limit in limits_of("scheduler").items():
                        row = connection.execute(f"SHOW {name}").fetchone()
                        assert row == (f"{int(limit.total_seconds())}s",)
            finally:
                owner.execute("ALTER ROLE momento_scheduler NOLOGIN")

    def test_several_databases_of_a_new_server_at_once(self, tmp_path: Path) -> None:
        url = embedded.start_postgres(tmp_path)
        try:
            names = ("one", "two", "three")
            with closing(psycopg.connect(url, autocommit=True)) as connection:
                for name in names:
                    connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
            urls = [make_url(url).set(database=name).render_as_string() for name in names]
            started = [subprocess.Popen([sys.executable, "-c", MIGRATE, each]) for each in urls]
            assert [each.wait(120) for each in started] == [0, 0, 0]
            engine = make_engine(urls[0], process="gateway", pool_size=1)
            with engine.connect() as connection:
                statement = text("SELECT current_user")
                assert connection.execute(statement).scalar_one() == "momento_gateway"
            engine.dispose()
        finally:
            embedded.stop_postgres(tmp_path)


class TestWhoMayNotMakeRoles:
    """As where somebody else runs the server."""

    @pytest.fixture
    def url(self, postgres_server: PostgresServer) -> Iterator[str]:
        with closing(psycopg.connect(postgres_server.url, autocommit=True)) as connection:
            connection.execute("CREATE ROLE tenant LOGIN")
            connection.execute("CREATE DATABASE tenancy OWNER tenant")
            theirs = postgres_server.database_url("tenancy")
            with closing(psycopg.connect(theirs, autocommit=True)) as admin:
                admin.execute("CREATE EXTENSION vector")
            url = make_url(theirs).set(username="tenant")
            yield url.render_as_string()
            connection.execute("DROP DATABASE tenancy WITH (FORCE)")
            connection.execute("DROP ROLE tenant")

    def test_is_told_what_to_have_done_and_then_it_works(
        self, postgres_server: PostgresServer, url: str
    ) -> None:
        with pytest.raises(CommandError) as caught:
            migrate(url)
        said = str(caught.value).splitlines()
        assert "CREATE ROLE momento_relay NOLOGIN;" in said
        with closing(psycopg.connect(postgres_server.url, autocommit=True)) as connection:
            for line in said:
                if line.startswith("GRANT"):
                    connection.execute(line)
        migrate(url)
        engine = make_engine(url, process="worker", pool_size=1)
        with engine.connect() as connection:
            own = "SELECT backend_start FROM momento_live_backends() WHERE pid = pg_backend_pid()"
            assert connection.execute(text(own)).scalar_one() is not None
            assert connection.execute(text("SELECT current_user")).scalar_one() == "momento_worker"
        engine.dispose()

    def test_may_do_without_roles(self, url: str) -> None:
        without = f"{url}&{WITHOUT}"
        migrate(without)
        engine = make_engine(without, process="worker", pool_size=1)
        with engine.connect() as connection:
            assert connection.execute(text("SELECT current_user")).scalar_one() == "tenant"
        engine.dispose()
