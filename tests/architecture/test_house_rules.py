"""What the domain must not do, where neither linter nor layers can say so."""

import ast
import re
import sys
from collections.abc import Iterator
from typing import Final

import pytest

from tests.architecture.source import PACKAGES, File, files, functions, imports

DOMAIN: Final = files("domain")
HANDLING: Final = [
    file for file in DOMAIN if file.path.endswith(("/handlers.py", "/settling.py", "/scoring.py"))
]
# A topic's second file of rules has a name of its own.
RULES: Final = [file for file in DOMAIN if file.path.endswith(("/rules.py", "/suspension.py"))]
MAY_COMMIT: Final = ("domain/dispatch.py", "domain/migrations/")
CLOCK_AND_CHANCE: Final = {
    "now",
    "utcnow",
    "today",
    "time_ns",
    "monotonic",
    "perf_counter",
    "uuid1",
    "uuid4",
}
CHANCE: Final = ("random", "secrets", "time", "uuid.uuid1", "uuid.uuid4")
# What says nothing of what it holds; `event` is a gathering, which a domain event isn't.
VAGUE: Final = {"event", "data", "item", "obj", "message"}
RULES_MAY_IMPORT: Final = (
    "domain.calendar.",
    "domain.constants.",
    "domain.facts.Fact",
    "domain.facts.NewestWins",
    "domain.payload.Stamp",
    # Pure as well.
    "domain.quiet_hours.",
    "domain.tables.",
    "domain.users.suspension.",
    "domain.verdict.",
)


def ids(listed: list[File]) -> list[str]:
    return [file.path for file in listed]


def called(file: File) -> Iterator[tuple[str, int]]:
    """The last name of what is called, and the line."""
    for node in ast.walk(file.tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute | ast.Name):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id
            yield name, node.lineno


def over_batches(file: File) -> Iterator[str]:
    """The variables of loops that go over a batch."""
    for node in ast.walk(file.tree):
        if isinstance(node, ast.For | ast.comprehension):
            sources = {each.id for each in ast.walk(node.iter) if isinstance(each, ast.Name)}
            if sources & {"batch", "accepted", "kept", "rest", "listed"} and isinstance(
                node.target, ast.Name
            ):
                yield node.target.id


class TestDomain:
    @pytest.mark.parametrize("file", DOMAIN, ids=ids(list(DOMAIN)))
    def test_transactions_end_at_the_edge_only(self, file: File) -> None:
        if not file.path.startswith(MAY_COMMIT):
            assert [line for name, line in called(file) if name == "commit"] == []

    @pytest.mark.parametrize("file", DOMAIN, ids=ids(list(DOMAIN)))
    def test_time_and_chance_come_in_as_arguments(self, file: File) -> None:
        assert [line for name, line in called(file) if name in CLOCK_AND_CHANCE] == []
        drawn = [name for name in imports(file) if f"{name}.".startswith(tuple(_dotted(CHANCE)))]
        assert drawn == []

    @pytest.mark.parametrize("file", HANDLING, ids=ids(HANDLING))
    def test_a_domain_event_is_never_called_event(self, file: File) -> None:
        assert VAGUE & set(over_batches(file)) == set()
        for place, function in functions(file):
            annotated = {
                each.arg: ast.unparse(each.annotation)
                for each in (*function.args.args, *function.args.kwonlyargs)
                if each.annotation is not None
            }
            vague = {name for name, kind in annotated.items() if kind.startswith("DomainEvent")}
            assert vague & VAGUE == set(), place


class TestLocks:
    def test_every_advisory_lock_has_a_number_of_its_own(self) -> None:
        """Or two who have nothing to do with one another wait for one another."""
        numbers = dict(_advisory_locks())
        assert len(numbers) >= 5
        assert len(set(numbers.values())) == len(numbers), numbers

    def test_none_is_taken_by_a_number_without_a_name(self) -> None:
        taken = [
            found[1]
            for file in files(*PACKAGES)
            for found in re.finditer(r"pg_(?:try_)?advisory_\w+\(([^)]*)", file.text)
        ]
        assert len(taken) >= 5
        assert set(taken) <= {"%(lock", ":lock"}


class TestRules:
    def test_every_topic_that_decides_has_rules(self) -> None:
        assert len(RULES) >= 8

    @pytest.mark.parametrize("file", RULES, ids=ids(RULES))
    def test_rules_know_nothing_but_facts_and_numbers(self, file: File) -> None:
        foreign = [
            name
            for name in imports(file)
            if name.partition(".")[0] not in sys.stdlib_module_names
            and not name.startswith(RULES_MAY_IMPORT)
        ]
        assert foreign == []


def _advisory_locks() -> Iterator[tuple[str, int]]:
    """Where numbers are named …_LOCK, and which."""
    for file in files(*PACKAGES):
        for node in file.tree.body:
            if not isinstance(node, ast.Assign | ast.AnnAssign):
                continue
            named = node.targets[0] if isinstance(node, ast.Assign) else node.target
            number = getattr(node.value, "value", None)
            if ast.unparse(named).endswith("_LOCK") and isinstance(number, int):
                yield f"{file.path}::{ast.unparse(named)}", number


def _dotted(names: tuple[str, ...]) -> list[str]:
    return [f"{name}." for name in names]
