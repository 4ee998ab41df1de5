"""The source as syntax trees, for tests of its structure."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
PACKAGES: Final = ("domain", "workers", "scheduler", "gateway", "dashboard")
TESTS: Final = ("tests",)
# Written by alembic, a statement a table; nobody reads them as functions.
MIGRATIONS: Final = "domain/migrations/versions/"

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class File:
    """A Python file, by its path from the root."""

    path: str
    text: str
    tree: ast.Module

    @property
    def lines(self) -> int:
        """How many lines it has."""
        return len(self.text.splitlines())


@cache
def files(*packages: str) -> tuple[File, ...]:
    """All Python files of some packages but migrations."""
    return tuple(_read(path) for package in packages for path in _paths(package))


def _paths(package: str) -> Iterator[Path]:
    for path in sorted((ROOT / package).rglob("*.py")):
        if MIGRATIONS not in path.as_posix():
            yield path


def _read(path: Path) -> File:
    text = path.read_text(encoding="utf-8")
    return File(path.relative_to(ROOT).as_posix(), text, ast.parse(text))


def functions(file: File) -> Iterator[tuple[str, Function]]:
    """All functions of a file with where they are: `path::name` or `path::Class.name`."""
    yield from _functions_in(file.tree, f"{file.path}::")


def _functions_in(node: ast.AST, prefix: str) -> Iterator[tuple[str, Function]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, Function):
            yield prefix + child.name, child
            yield from _functions_in(child, f"{prefix}{child.name}.")
        elif isinstance(child, ast.ClassDef):
            yield from _functions_in(child, f"{prefix}{child.name}.")
        else:
            yield from _functions_in(child, prefix)


def length(function: Function) -> int:
    """How many lines a function has, without its decorators."""
    assert function.end_lineno is not None
    return function.end_lineno - function.lineno + 1


def imports(file: File) -> Iterator[str]:
    """The modules that a file imports; of `from a import b` it is `a.b`."""
    for node in ast.walk(file.tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
