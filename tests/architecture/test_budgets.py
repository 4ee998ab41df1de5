"""How long and how wide things may be. A breach needs a line in budgets.toml, with the reason."""

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from functools import cache
from math import ceil
from typing import Final

import pytest

from tests.architecture.source import (
    PACKAGES,
    ROOT,
    TESTS,
    Function,
    files,
    functions,
    length,
)

ALLOWED: Final = ROOT / "tests/architecture/budgets.toml"
HANDLER: Final = ["batch", "now"]
MOST_PARAMETERS, MOST_POSITIONAL = 5, 2
# Of twenty, one may be longer than this.
USUAL: Final = {"function_lines": 25, "file_lines": 200, "test_function_lines": 30}
LONGEST: Final = {"function_lines": 50, "file_lines": 350, "test_file_lines": 500}


@cache
def allowed(budget: str) -> Mapping[str, str]:
    """What may breach a budget, as patterns, and why."""
    entries = tomllib.loads(ALLOWED.read_text(encoding="utf-8"))["allowed"]
    return {
        place: entry["reason"]
        for entry in entries
        if entry["budget"] == budget
        for place in entry["places"]
    }


def is_allowed(budget: str, place: str) -> bool:
    """Say whether a breach has its line."""
    return any(fnmatchcase(place, pattern) for pattern in allowed(budget))


def _function_lines(*packages: str) -> dict[str, int]:
    return {
        place: length(function) for file in files(*packages) for place, function in functions(file)
    }


def _file_lines(*packages: str) -> dict[str, int]:
    return {file.path: file.lines for file in files(*packages)}


def _own_parameters(function: Function) -> tuple[list[str], list[str]]:
    """The names of (positional, keyword-only) parameters, without self and cls.

    Nor does a session count: it comes first everywhere, and is no part of the question.
    """
    positional = [each.arg for each in (*function.args.posonlyargs, *function.args.args)]
    if positional[:1] in (["self"], ["cls"], ["session"]):
        positional = positional[1:]
    return positional, [each.arg for each in function.args.kwonlyargs]


def _too_wide() -> Iterator[tuple[str, str]]:
    """(budget, place) of all functions with too many parameters, or too many by position."""
    for file in files(*PACKAGES):
        for place, function in functions(file):
            positional, named = _own_parameters(function)
            if len(positional) + len(named) > MOST_PARAMETERS:
                yield "parameters", place
            if len(positional) > MOST_POSITIONAL and positional != HANDLER:
                yield "positional_parameters", place


@cache
def breaches() -> Mapping[str, set[str]]:
    """What is beyond each budget's utmost limit; no reader should meet more than these."""
    measured = {
        "function_lines": _function_lines(*PACKAGES),
        "file_lines": _file_lines(*PACKAGES),
        "test_file_lines": _file_lines(*TESTS),
    }
    found = {
        budget: {place for place, lines in sizes.items() if lines > LONGEST[budget]}
        for budget, sizes in measured.items()
    }
    wide = list(_too_wide())
    for budget in ("parameters", "positional_parameters"):
        found[budget] = {place for name, place in wide if name == budget}
    return found


USUALLY: Final = {
    "function_lines": _function_lines(*PACKAGES),
    "file_lines": _file_lines(*PACKAGES),
    "test_function_lines": _function_lines(*TESTS),
}


def _longer_than_usual(budget: str) -> dict[str, int]:
    return {place: n for place, n in USUALLY[budget].items() if n > USUAL[budget]}


class TestBudgets:
    @pytest.mark.parametrize("budget", breaches())
    def test_what_is_beyond_a_limit_has_a_reason(self, budget: str) -> None:
        assert [place for place in breaches()[budget] if not is_allowed(budget, place)] == []

    @pytest.mark.parametrize("budget", USUALLY)
    def test_nineteen_of_twenty_are_short(self, budget: str) -> None:
        counted = {
            place: lines
            for place, lines in USUALLY[budget].items()
            if not is_allowed(f"usual_{budget}", place)
        }
        percentile = sorted(counted.values())[ceil(len(counted) * 0.95) - 1]
        longest = sorted(counted.items(), key=lambda each: -each[1])[: len(counted) // 20]
        assert percentile <= USUAL[budget], longest


class TestAllowances:
    def test_every_one_has_a_reason(self) -> None:
        entries = tomllib.loads(ALLOWED.read_text(encoding="utf-8"))["allowed"]
        known = {*breaches(), *(f"usual_{budget}" for budget in USUALLY)}
        for entry in entries:
            assert entry["budget"] in known
            assert len(entry["reason"].split()) > 3, entry
            assert entry["places"] == sorted(set(entry["places"])), entry

    @pytest.mark.parametrize("budget", breaches())
    def test_none_is_kept_that_is_no_longer_needed(self, budget: str) -> None:
        assert _unused(budget, breaches()[budget]) == []

    @pytest.mark.parametrize("budget", USUALLY)
    def test_none_is_kept_for_what_has_become_short(self, budget: str) -> None:
        assert _unused(f"usual_{budget}", _longer_than_usual(budget)) == []


def _unused(budget: str, places: Iterable[str]) -> list[str]:
    listed = list(places)
    return [
        pattern
        for pattern in allowed(budget)
        if not any(fnmatchcase(place, pattern) for place in listed)
    ]
