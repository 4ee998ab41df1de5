"""What is personal is printed for a reason, and somebody is forgotten once that is confirmed."""

import io

import pytest
from sqlalchemy import Engine

from dashboard.pages.person import PERSONAL
from tests.helpers.command import Momento
from tests.helpers.diary import Diary
from tests.helpers.ledger import ask
from tests.helpers.pages import an_id
from tests.helpers.telling import settle, tell


def test_revealed_with_a_reason_and_forgotten_once_confirmed(
    momento: Momento, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    diary = Diary()
    diary.people("Ada", "Bo")
    tell(engine, diary.pages)
    ada = an_id("Ada")
    assert momento("reveal", ada).code == 2
    blank = momento("reveal", ada, "--why", " ")
    assert (blank.code, blank.out, "Say why" in blank.err) == (1, "", True)
    shown = momento("reveal", ada, "--why", "she asks", "--json").json
    assert (tuple(shown), shown["first name"]) == (PERSONAL, "Ada")
    nobody = momento("reveal", an_id("none"), "--why", "x")
    assert (nobody.code, "There is nobody of that id" in nobody.err) == (1, True)

    unasked = momento("erase", ada, "--why", "she asks")
    assert (unasked.code, f"say --confirm {ada[:8]}" in unasked.err) == (1, True)
    wrong = momento("erase", ada, "--why", "she asks", "--confirm", "another")
    assert (wrong.code, "Nothing was changed." in wrong.err) == (1, True)
    settle(engine)
    assert ask(engine, "SELECT deleted_at IS NULL FROM users WHERE id = :id", id=ada)
    done = momento("erase", ada, "--why", "she asks", "--confirm", ada[:8])
    assert (done.code, "momento trace " in done.out) == (0, True)
    settle(engine)
    assert momento("reveal", ada, "--why", "x").code == 1
    assert momento("erase", ada, "--why", "x", "--confirm", ada[:8]).code == 1
    assert momento("erase", an_id("Bo"), "--why", "x", "--confirm", ada[:8]).code == 1
    log = momento("audit", "--of", f"person:{ada}", "--json").json
    assert [(each["action"], each["why"], each["via"]) for each in log] == [
        ("erase", "she asks", "command"), ("reveal", "she asks", "command"),
    ]  # fmt: skip
