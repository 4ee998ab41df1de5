"""What is copied of a dead delivery runs as a test, and says nothing of anybody."""

import ast
from collections.abc import Callable
from typing import Any

import pytest
from pydantic_core import to_json
from sqlalchemy import Engine, text
from sqlmodel import Session

from domain.catalogue import CATALOGUE
from domain.examples import example_data
from domain.ops.copying import Copied, copy_delivery
from domain.ops.redacting import Redaction
from domain.ops.reproducing import as_incident, as_test
from domain.schemas import json_schema
from domain.tables.kudos import Kudo
from tests.helpers.drinks import drinks_for_two
from tests.helpers.ledger import ask
from tests.helpers.pages import END, an_id
from tests.helpers.roles import acting_as
from tests.helpers.telling import tell

KUDOS = "kudos.apply_kudos_given"
HOSTILE = 'KeyError """ \\" {x} \n<script>'


@pytest.fixture
def died(engine: Engine) -> Copied:
    """A kudo that Ada gave Bo at Hanna's drinks, as it would be copied had it died."""
    diary = drinks_for_two()
    diary.pages.append(diary.thanked("drinks", "Ada", "Bo", Kudo.HELPFUL, at=END))
    tell(engine, diary.pages)
    with engine.begin() as connection:
        connection.execute(
            text(
                "UPDATE deliveries SET state = 'dead', error = :error, attempts = 8"
                " WHERE handler = :handler"
            ),
            {"handler": KUDOS, "error": HOSTILE},
        )
    seq = ask(engine, "SELECT max(seq) FROM deliveries WHERE handler = :handler", handler=KUDOS)
    with Session(acting_as(engine, "dashboard")) as session:
        found = copy_delivery(session, seq, KUDOS)
        assert copy_delivery(session, seq, "another.handler") is None
    assert found is not None
    return found


def test_the_test_is_python_and_runs(
    died: Copied, make_engine_of_its_own: Callable[[], Engine]
) -> None:
    source = as_test(died)
    ast.parse(source)
    found: dict[str, Any] = {}
    exec(compile(source.replace("@pytest.fixture\n", ""), "copied", "exec"), found)  # noqa: S102
    assert found["ERROR"] == HOSTILE
    applied = found["applied"](make_engine_of_its_own())
    # Here the handler is well, so what it died of is gone.
    found["test_kudos_apply_kudos_given"](applied)
    assert ask(applied, "SELECT count(*) FROM attendee_kudos") == 1
    with applied.begin() as connection:
        connection.execute(text("UPDATE deliveries SET state = 'failed'"))
    with pytest.raises(AssertionError):
        found["test_kudos_apply_kudos_given"](applied)


def test_nothing_of_anybody_is_in_it(died: Copied) -> None:
    shown = as_test(died) + as_incident(died, around=["then  All quiet"])
    for name in ("Hanna", "Ada", "Bo", "drinks"):
        assert an_id(name) not in shown
    assert "sealed:" not in shown
    assert "All quiet" in shown
    assert f"#{died.seq}: dead" in shown


@pytest.mark.parametrize("payload", CATALOGUE, ids=lambda each: each.NAME)
def test_every_type_can_be_redacted_and_read_again(payload: Any) -> None:
    data = example_data(payload, json_schema(payload))
    texts = {name: "Canary" for name, value in data.items() if value == name.capitalize()}
    shown = Redaction().data(payload, data | texts)
    payload.read(to_json(shown).decode())
    assert "Canary" not in str(shown)
    assert not {each for each in data.values() if _is_id(each)} & set(map(str, shown.values()))


def _is_id(value: object) -> bool:
    return isinstance(value, str) and len(value) == 36 and value.count("-") == 4


def test_ids_that_were_the_same_still_are() -> None:
    redaction = Redaction()
    one, other = an_id("Ada"), an_id("Bo")
    assert redaction.ids.of(one) == redaction.ids.of(one.upper()) != redaction.ids.of(other)
