"""API keys: made once, shown once, kept as a hash, and of no use once revoked."""

import stat
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import Engine, text
from sqlmodel import Session

from workers.cli import main
from workers.keys import (
    SECRET_FORM,
    Key,
    authenticate,
    create_key,
    ensure_api_key,
    list_keys,
    revoke_key,
)


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    with Session(engine) as session:
        yield session


class TestCreateKey:
    def test_its_secret_is_recognisable_and_opens_the_door(self, session: Session) -> None:
        identity, secret = create_key(session, "api", types=["kudos.given"])
        assert SECRET_FORM.fullmatch(secret)
        assert authenticate(session, secret) == Key(identity, "api", ("kudos.given",))

    def test_only_a_hash_is_kept(self, session: Session) -> None:
        _, secret = create_key(session, "api", types=["*"])
        (row,) = session.connection().execute(text("SELECT to_jsonb(api_keys) FROM api_keys"))
        assert secret.removeprefix("momento_") not in str(row)
        assert secret.encode().hex() not in str(row)

    def test_no_two_are_alike(self, session: Session) -> None:
        assert len({create_key(session, "api", types=["*"]) for _ in range(20)}) == 20


class TestAuthenticate:
    @pytest.mark.parametrize("secret", ["", "momento_", "momento_" + "x" * 43, "\0", "' OR 1=1"])
    def test_a_wrong_secret_is_worth_nothing(self, session: Session, secret: str) -> None:
        create_key(session, "api", types=["*"])
        assert authenticate(session, secret) is None

    def test_a_revoked_key_is_worth_nothing(self, session: Session) -> None:
        identity, secret = create_key(session, "api", types=["*"])
        assert revoke_key(session, identity)
        assert authenticate(session, secret) is None

    def test_other_keys_stay(self, session: Session) -> None:
        identity, _ = create_key(session, "one", types=["*"])
        _, secret = create_key(session, "other", types=["*"])
        revoke_key(session, identity)
        assert authenticate(session, secret) is not None


class TestRevokeKey:
    def test_a_key_can_be_revoked_once(self, session: Session) -> None:
        identity, _ = create_key(session, "api", types=["*"])
        assert revoke_key(session, identity)
        assert not revoke_key(session, identity)
        assert not revoke_key(session, uuid4())

    def test_it_stays_in_the_list(self, session: Session) -> None:
        identity, _ = create_key(session, "api", types=["kudos.given", "payment.*"])
        revoke_key(session, identity)
        (entry,) = list_keys(session)
        assert entry.key == Key(identity, "api", ("kudos.given", "payment.*"))
        assert entry.revoked_at is not None


class TestKey:
    @pytest.mark.parametrize(
        ("pattern", "wanted", "is_allowed"),
        [
            ("kudos.given", "kudos.given", True),
            ("kudos.given", "app.momento.kudos.given.v1", True),
            ("kudos.given", "app.momento.kudos.given.v2", True),
            ("kudos.given", "kudos.taken", False),
            ("kudos.given", "kudos.given.more", False),
            ("payment.*", "app.momento.payment.succeeded.v1", True),
            ("payment.*", "payments.made", False),
            ("payment.*", "kudos.given", False),
            ("*", "app.momento.event.published.v1", True),
            ("user*", "user.registered", False),
        ],
    )
    def test_a_pattern_allows_a_name_a_topic_or_everything(
        self, pattern: str, wanted: str, *, is_allowed: bool
    ) -> None:
        assert Key(uuid4(), "api", (pattern,)).allows(wanted) is is_allowed

    def test_no_pattern_allows_nothing(self) -> None:
        assert not Key(uuid4(), "api", ()).allows("kudos.given")


class TestEnsureApiKey:
    def test_the_file_holds_a_key_for_everything_that_only_its_owner_reads(
        self, database_url: str, session: Session, tmp_path: Path
    ) -> None:
        path = tmp_path / "api-key"
        ensure_api_key(database_url, path)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        key = authenticate(session, path.read_text().strip())
        assert key is not None
        assert key.allows("kudos.given")

    def test_a_second_time_nothing_changes(
        self, database_url: str, session: Session, tmp_path: Path
    ) -> None:
        path = tmp_path / "api-key"
        ensure_api_key(database_url, path)
        written = path.read_text()
        path.chmod(0o644)
        ensure_api_key(database_url, path)
        assert path.read_text() == written
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert len(list_keys(session)) == 1

    @pytest.mark.parametrize("content", [None, b"", b"\xff\xfe", b"momento_unknown\n"])
    def test_a_file_without_a_good_key_is_replaced_and_the_old_key_revoked(
        self, database_url: str, session: Session, tmp_path: Path, content: bytes | None
    ) -> None:
        path = tmp_path / "api-key"
        ensure_api_key(database_url, path)
        old = path.read_text().strip()
        path.unlink()
        if content is not None:
            path.write_bytes(content)
        ensure_api_key(database_url, path)
        assert authenticate(session, path.read_text().strip()) is not None
        assert authenticate(session, old) is None

    def test_a_revoked_key_is_replaced(
        self, database_url: str, session: Session, tmp_path: Path
    ) -> None:
        path = tmp_path / "api-key"
        ensure_api_key(database_url, path)
        revoke_key(session, list_keys(session)[0].key.id)
        session.commit()
        ensure_api_key(database_url, path)
        assert authenticate(session, path.read_text().strip()) is not None


@pytest.fixture
def configured(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("MOMENTO_HOME", str(tmp_path))


@pytest.mark.usefixtures("configured")
class TestCommand:
    def test_a_key_is_made_listed_and_revoked(
        self, session: Session, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main(["keys", "create", "api", "--types", "kudos.given", "payment.*"]) == 0
        secret = capsys.readouterr().out.strip()
        key = authenticate(session, secret)
        assert key is not None
        assert key.types == ("kudos.given", "payment.*")
        session.rollback()
        assert main(["keys", "list"]) == 0
        listed = capsys.readouterr().out
        assert str(key.id) in listed
        assert secret not in listed
        assert main(["keys", "revoke", str(key.id)]) == 0
        assert authenticate(session, secret) is None

    def test_a_type_that_nobody_may_publish_is_corrected(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main(["keys", "create", "api", "--types", "kudos.gven"]) == 1
        assert "did you mean kudos.given?" in capsys.readouterr().err

    def test_an_unknown_id_is_said_to_be_one(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["keys", "revoke", str(uuid4())]) == 1
        assert "No key in use has the id" in capsys.readouterr().err
