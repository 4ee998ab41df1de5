"""What a question costs: pages looked at, among a million rows, asked about the extremes.

Pages, not milliseconds: they are the same on every machine. `bench/run --figure questions` takes
the time on the same rows.
"""

import importlib
import inspect
from collections.abc import Iterator

import pytest
from sqlalchemy import Engine
from sqlmodel import Session

from domain.sql import execute
from tests.architecture.source import ROOT
from tests.factories import crowd
from tests.factories.questions import QUESTIONS, Question
from tests.helpers.explain import explain, overhear
from tests.helpers.postgres import PostgresServer
from workers.database import make_engine

# They make pages for others to answer with.
SERVE_QUESTIONS = {"page", "one_more"}


@pytest.fixture
def crowded(postgres_server: PostgresServer) -> Iterator[Engine]:
    """A database with the crowd in it."""
    url = postgres_server.create()
    engine = make_engine(url, process="test", pool_size=1)
    assert crowd.load(url) > 1_000_000
    yield engine
    engine.dispose()
    postgres_server.drop(url)


def faults(session: Session, name: str, question: Question) -> Iterator[str]:
    """Say what is wrong with how a question is answered."""
    execute(session, "SET TRANSACTION READ ONLY")
    heard = overhear(session)
    answer = question.ask(session)
    if not answer or getattr(answer, "items", True) == ():
        yield f"{name}: nothing was found"
    if len(heard) != 1:
        yield f"{name}: {len(heard)} statements"
    for generic in (False, True):
        plan = explain(session, heard[0], generic=generic)
        how = f"{name}, {'planned for any' if generic else 'planned for this'}"
        if plan.buffers > question.buffers:
            yield f"{how}: {plan.buffers} pages, not {question.buffers}\n{plan}"
        if not plan.indexes or plan.read_whole:
            yield f"{how}: reads all of {plan.read_whole or 'something'}\n{plan}"


def functions() -> set[str]:
    """The public functions of domain.queries."""
    names = [path.stem for path in (ROOT / "domain/queries").glob("*.py") if path.stem[0] != "_"]
    modules = [importlib.import_module(f"domain.queries.{name}") for name in names]
    return {
        name
        for module in modules
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if function.__module__ == module.__name__ and not name.startswith("_")
    }


class TestCost:
    def test_no_question_reads_more_than_it_must_however_many_rows_there_are(
        self, crowded: Engine
    ) -> None:
        found: list[str] = []
        for name, question in QUESTIONS.items():
            with Session(crowded) as session:
                found += faults(session, name, question)
        assert not found, "\n\n".join(found)

    def test_every_question_is_asked(self) -> None:
        assert {name.partition(",")[0] for name in QUESTIONS} == functions() - SERVE_QUESTIONS
