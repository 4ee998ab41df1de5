"""API keys: made once, shown once, kept as a hash, and of no use once revoked."""

import stat
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy import Engine, text
from sqlmodel import Session

from workers.cli import main
from workers.errors import CommandError
from workers.key_rotation import changes, rotate_key
from workers.keys import (
    SECRET_FORM,
    Key,
    Quota,
    authenticate,
    create_key,
    ensure_api_key,
    list_keys,
    note_use,
    revoke_key,
    still_stands,
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


class TestRotateKey:
    def test_both_work_and_then_only_the_new_one(self, session: Session) -> None:
        quota = Quota(10, 30)
        first_id, first = create_key(session, "api", types=["kudos.given"], quota=quota)
        rotated = rotate_key(session, "api", overlap=timedelta(hours=24), by="ops")
        assert authenticate(session, first) == Key(first_id, "api", ("kudos.given",), quota)
        second = authenticate(session, rotated.secret)
        assert second == Key(rotated.key.id, "api", ("kudos.given",), quota, first_id)
        pass_time(session, timedelta(hours=23, minutes=59))
        assert authenticate(session, first) is not None
        pass_time(session, timedelta(minutes=2))
        assert authenticate(session, first) is None
        assert authenticate(session, rotated.secret) is not None

    def test_without_overlap_the_old_one_ends_at_once(self, session: Session) -> None:
        _, first = create_key(session, "api", types=["*"])
        session.commit()
        rotate_key(session, "api", overlap=timedelta(0), by="ops")
        session.commit()
        assert authenticate(session, first) is None

    def test_it_goes_on_from_one_to_the_next_with_one_quota(self, session: Session) -> None:
        first_id, _ = create_key(session, "api", types=["*"])
        for _ in range(3):
            rotated = rotate_key(session, "api", overlap=timedelta(hours=1), by="ops")
            assert rotated.key.account == first_id
        assert len(list_keys(session)) == 4
        assert sum(entry.ends_at is None for entry in list_keys(session)) == 1

    def test_what_was_rotated_ends_no_later_by_being_revoked_or_named(
        self, session: Session
    ) -> None:
        first_id, _ = create_key(session, "api", types=["*"])
        rotate_key(session, "api", overlap=timedelta(hours=1), by="ops")
        with pytest.raises(CommandError, match="rotated already"):
            rotate_key(session, str(first_id), overlap=timedelta(days=9), by="ops")

    def test_who_publishes_with_another_key_isnt_waited_for(
        self, engine: Engine, session: Session
    ) -> None:
        create_key(session, "api", types=["*"])
        create_key(session, "other", types=["*"])
        session.commit()
        (other,) = (each.key for each in list_keys(session) if each.key.name == "other")
        with Session(engine) as publishing:
            assert still_stands(publishing, other)
            session.execute(text("SET LOCAL lock_timeout = '2s'"))
            rotate_key(session, "api", overlap=timedelta(hours=1), by="ops")
            # Nor does it wait for the rotation.
            publishing.execute(text("SET LOCAL lock_timeout = '2s'"))
            assert still_stands(publishing, other)

    def test_of_several_of_a_name_one_is_chosen_by_its_id(self, session: Session) -> None:
        one, _ = create_key(session, "api", types=["*"])
        create_key(session, "api", types=["*"])
        with pytest.raises(CommandError, match="give an id"):
            rotate_key(session, "api", overlap=timedelta(0), by="ops")
        assert rotate_key(session, str(one), overlap=timedelta(0), by="ops").key.first_id == one

    def test_a_revoked_one_is_not_rotated(self, session: Session) -> None:
        identity, _ = create_key(session, "api", types=["*"])
        revoke_key(session, identity)
        with pytest.raises(CommandError, match="No key in use"):
            rotate_key(session, "api", overlap=timedelta(0), by="ops")

    def test_what_was_done_is_kept_with_who_did_it(self, session: Session) -> None:
        first, _ = create_key(session, "api", types=["*"], by="ada")
        second = rotate_key(session, "api", overlap=timedelta(0), by="bo").key.id
        revoke_key(session, second, by="cleo")
        assert [row[1:] for row in changes(session)] == [
            ("created", "ada", first, "api"),
            ("created", "bo", second, "api"),
            ("rotated", "bo", first, "api"),
            ("revoked", "cleo", second, "api"),
        ]


def test_who_revokes_a_key_waits_for_what_is_being_published_with_it(
    engine: Engine, session: Session
) -> None:
    """And it stands no more for whoever asks after: at once, also in the midst of a request."""
    create_key(session, "api", types=["*"])
    session.commit()
    (entry,) = list_keys(session)
    session.commit()
    assert still_stands(session, entry.key)
    with Session(engine) as other:
        other.connection().exec_driver_sql("SET LOCAL lock_timeout = '100ms'")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            revoke_key(other, entry.key.id)
    session.commit()
    with Session(engine) as other, other.begin():
        assert revoke_key(other, entry.key.id)
    assert not still_stands(session, entry.key)


class TestNoteUse:
    def test_when_a_key_was_used_last_is_kept_to_the_minute(self, session: Session) -> None:
        create_key(session, "api", types=["*"])
        (entry,) = list_keys(session)
        assert entry.last_used_at is None
        note_use(session, entry.key)
        first = list_keys(session)[0].last_used_at
        assert first is not None
        session.commit()
        note_use(session, entry.key)
        assert list_keys(session)[0].last_used_at == first
        pass_time(session, timedelta(minutes=2))
        session.commit()
        note_use(session, entry.key)
        later = list_keys(session)[0].last_used_at
        assert later is not None
        assert later >= first


def pass_time(session: Session, span: timedelta) -> None:
    """Set back all that is written about keys: as if it were so much later."""
    session.connection().execute(
        text("UPDATE api_keys SET ends_at = ends_at - :span, last_used_at = last_used_at - :span"),
        {"span": span},
    )


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

    def test_a_key_is_rotated(self, session: Session, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["keys", "create", "api", "--rate", "50"]) == 0
        old = capsys.readouterr().out.strip()
        assert main(["keys", "rotate", "api", "--overlap", "30m"]) == 0
        answer = capsys.readouterr()
        assert "the one before it until" in answer.err
        new = authenticate(session, answer.out.strip())
        assert new is not None
        assert new.quota == Quota(50, 100)
        assert authenticate(session, old) is not None
        assert main(["keys", "list"]) == 0
        assert capsys.readouterr().out.count("50, 100 at once") == 2
        assert main(["keys", "log"]) == 0
        assert capsys.readouterr().out.count(" rotated ") == 1

    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            (["rotate", "nobody"], "No key in use is called nobody"),
            (["create", "api", "--burst", "5"], "give both"),
        ],
    )
    def test_what_makes_no_sense_is_said(
        self, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
    ) -> None:
        assert main(["keys", *arguments]) == 1
        assert said in capsys.readouterr().err

    @pytest.mark.parametrize("overlap", ["1 day", "-1h", "91d", "h", "24x", ""])
    def test_an_overlap_is_a_time_of_at_most_ninety_days(
        self, capsys: pytest.CaptureFixture[str], overlap: str
    ) -> None:
        with pytest.raises(SystemExit):
            main(["keys", "rotate", "api", f"--overlap={overlap}"])
        assert "such as 30m, 24h or 7d, at most 90d" in capsys.readouterr().err

    def test_a_type_that_nobody_may_publish_is_corrected(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main(["keys", "create", "api", "--types", "kudos.gven"]) == 1
        assert "did you mean kudos.given?" in capsys.readouterr().err

    def test_an_unknown_id_is_said_to_be_one(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["keys", "revoke", str(uuid4())]) == 1
        assert "No key in use has the id" in capsys.readouterr().err
