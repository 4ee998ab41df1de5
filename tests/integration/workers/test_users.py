"""Accounts for the dashboard: made by hand, kept as a hash, and the operator of `momento up`."""

import io
import stat
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from sqlmodel import Session

from domain.tables.accounts import Role
from tests.helpers.command import Momento
from workers.account_service import account_entries
from workers.accounts import (
    create_account,
    ensure_operator,
    hash_password,
    remove_account,
    verify,
)
from workers.clock import utc_now

PASSWORD = "a kettle of fish"
# Of "older password", with a smaller cost.
OLDER_HASH = "scrypt$10$8$1$c2FsdHNhbHRzYWx0c2FsdA==$bavBHY+eNL3MJokcJWiLT+YRs2NHOt+1Q7k3Yoen5O0="


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    with Session(engine) as session:
        yield session


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The password, piped in."""
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{PASSWORD}\n"))


class TestPasswords:
    def test_no_two_hashes_are_alike_and_none_holds_the_password(self) -> None:
        first, second = hash_password(PASSWORD), hash_password(PASSWORD)
        assert first != second
        assert first.startswith("scrypt$15$8$3$")
        assert PASSWORD not in first

    def test_an_older_hash_still_counts(self, session: Session) -> None:
        create_account(session, "ada", role=Role.VIEWER, password=PASSWORD)
        session.connection().execute(
            text("UPDATE dashboard_users SET password_hash = :older"), {"older": OLDER_HASH}
        )
        assert verify(session, "ada", "older password") is not None
        assert verify(session, "ada", PASSWORD) is None


class TestVerify:
    def test_only_the_right_password_is_right(self, session: Session) -> None:
        create_account(session, "ada", role=Role.ADMIN, password=PASSWORD)
        found = verify(session, "ada", PASSWORD)
        assert found is not None
        assert (found.name, found.role) == ("ada", Role.ADMIN)
        for wrong in ("", PASSWORD[:-1], PASSWORD + " ", PASSWORD.upper(), "x" * 100_000, "\ud800"):
            assert verify(session, "ada", wrong) is None

    def test_an_unknown_name_takes_as_long_as_a_wrong_password(self, session: Session) -> None:
        create_account(session, "ada", role=Role.VIEWER, password=PASSWORD)

        def seconds(name: str) -> float:
            started = time.process_time()
            verify(session, name, "wrong")
            return time.process_time() - started

        known = min(seconds("ada") for _ in range(3))
        unknown = min(seconds("bob") for _ in range(3))
        unstorable = min(seconds("\0") for _ in range(3))
        assert 0.5 < unknown / known < 2
        assert 0.5 < unstorable / known < 2


class TestRoles:
    def test_there_are_three(self) -> None:
        assert list(Role) == ["viewer", "operator", "admin"]

    def test_the_database_knows_no_other(self, engine: Engine) -> None:
        statement = (
            "INSERT INTO dashboard_users (id, name, role, password_hash)"
            " VALUES (gen_random_uuid(), 'eve', 'root', '')"
        )
        with engine.connect() as connection, pytest.raises(Exception, match="role_check"):
            connection.execute(text(statement))


class TestEnsureOperator:
    @pytest.fixture
    def path(self, tmp_path: Path) -> Path:
        return tmp_path / "dashboard-password"

    def test_the_file_holds_an_operators_password_and_is_private(
        self, database_url: str, session: Session, path: Path
    ) -> None:
        ensure_operator(database_url, path)
        found = verify(session, "operator", path.read_text().strip())
        assert found is not None
        assert found.role is Role.OPERATOR
        assert stat.S_IMODE(path.stat().st_mode) == 0o600

    def test_it_is_made_once(self, database_url: str, path: Path, session: Session) -> None:
        ensure_operator(database_url, path)
        before = path.read_text()
        path.chmod(0o644)
        ensure_operator(database_url, path)
        assert path.read_text() == before
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert len(account_entries(session, now=utc_now())) == 1

    @pytest.mark.parametrize("found", [None, "", "stale\n", "\udcff"])
    def test_a_lost_or_useless_file_is_made_anew(
        self, database_url: str, path: Path, session: Session, found: str | None
    ) -> None:
        ensure_operator(database_url, path)
        before = path.read_text().strip()
        if found is None:
            path.unlink()
        else:
            path.write_bytes(found.encode(errors="surrogateescape"))
        ensure_operator(database_url, path)
        assert verify(session, "operator", before) is None
        assert verify(session, "operator", path.read_text().strip()) is not None

    def test_other_accounts_stay(self, database_url: str, path: Path, session: Session) -> None:
        create_account(session, "ada", role=Role.VIEWER, password=PASSWORD)
        session.commit()
        ensure_operator(database_url, path)
        assert [each.name for each in account_entries(session, now=utc_now())] == [
            "ada",
            "operator",
        ]


class TestCommand:
    @pytest.mark.usefixtures("typed")
    def test_an_account_is_made_listed_and_removed(
        self, momento: Momento, session: Session
    ) -> None:
        said = momento("users", "create", "Ada", "--role", "operator")
        assert (said.code, said.out) == (0, "ada may sign in as operator.\n")
        assert verify(session, "ada", PASSWORD) is not None
        session.rollback()
        listed = momento("users", "list").out
        assert "ada   operator" in listed
        assert "scrypt" not in listed
        assert momento("users", "remove", "ADA").code == 0
        assert verify(session, "ada", PASSWORD) is None

    @pytest.mark.usefixtures("typed")
    def test_a_viewer_is_what_one_is_without_a_role(
        self, momento: Momento, session: Session
    ) -> None:
        momento("users", "create", "ada")
        assert [each.role for each in account_entries(session, now=utc_now())] == [Role.VIEWER]

    @pytest.mark.usefixtures("typed")
    def test_a_name_is_given_once(self, momento: Momento, session: Session) -> None:
        create_account(session, "ada", role=Role.ADMIN, password="another password")
        session.commit()
        said = momento("users", "create", "ada")
        assert said.code == 1
        assert "The name ada is taken." in said.err
        assert verify(session, "ada", "another password") is not None

    def test_a_role_is_changed_and_an_account_disabled_and_enabled(
        self, momento: Momento, session: Session
    ) -> None:
        create_account(session, "ada", role=Role.VIEWER, password=PASSWORD)
        session.commit()
        said = momento("users", "role", "Ada", "admin")
        assert (said.code, said.out) == (0, "ada is admin from its next request on.\n")
        again = momento("users", "role", "ada", "admin")
        assert (again.code, "ada is admin already" in again.err) == (1, True)
        assert momento("users", "disable", "ada").code == 2
        assert momento("users", "disable", "ada", "--why", "on leave").code == 0
        assert verify(session, "ada", PASSWORD) is None
        assert momento("users", "disable", "ada", "--why", "x").code == 1
        assert momento("users", "enable", "ada").code == 0
        assert momento("users", "enable", "ada").code == 1
        session.rollback()
        assert verify(session, "ada", PASSWORD) is not None
        unknown = momento("users", "role", "bob", "viewer")
        assert (unknown.code, "Nobody is called bob." in unknown.err) == (1, True)
        log = momento("audit", "--of", "account:ada", "--json").json
        assert [each["action"] for each in log] == [
            "account.enable", "account.disable", "account.role",
        ]  # fmt: skip
        assert (log[1]["why"], log[2]["details"]) == (
            "on leave", {"role": "admin", "before": "viewer"},
        )  # fmt: skip
        for more in (("--action", "account.disable"), ("--since", "1h")):
            assert "on leave" in momento("audit", *more).out
        assert momento("audit", "--actor", "nobody").out == "Nothing of that was done.\n"
        assert momento("audit", "--of", "x", "--since", "1h").code == 1

    @pytest.mark.parametrize("typed_in", ["short\n", "\n", "", "x" * 2_000])
    def test_a_short_or_endless_password_is_refused(
        self, momento: Momento, monkeypatch: pytest.MonkeyPatch, session: Session, typed_in: str
    ) -> None:
        monkeypatch.setattr("sys.stdin", io.StringIO(typed_in))
        said = momento("users", "create", "ada")
        assert said.code == 1
        assert "from 12 to 1024 characters" in said.err
        assert account_entries(session, now=utc_now()) == []

    def test_a_password_is_no_argument(self, momento: Momento) -> None:
        assert momento("users", "create", "ada", "--password", PASSWORD).code == 2

    @pytest.mark.parametrize("name", ["", "a b", "-ada", "a" * 65, "<b>", "ädä"])
    def test_a_name_that_nobody_can_type_is_refused(self, momento: Momento, name: str) -> None:
        assert momento("users", "create", "--", name).code == 1

    def test_who_is_not_there_is_said_to_be_unknown(self, momento: Momento) -> None:
        said = momento("users", "remove", "bob")
        assert said.code == 1
        assert "Nobody is called bob." in said.err


def test_removing_tells_whether_there_was_anybody(session: Session) -> None:
    create_account(session, "ada", role=Role.VIEWER, password=PASSWORD)
    assert remove_account(session, "ada")
    assert not remove_account(session, "ada")
