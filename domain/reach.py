"""What a handler may publish and lock, read from the source of all functions that it may call.

More than what happens in any one case, and never less: whatever a function names counts as called.
"""

import ast
import inspect
import re
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from types import FunctionType, ModuleType
from typing import Any

from domain.payload import Payload
from domain.things import Hold, lock

LOCKING = re.compile(r"FOR (?:NO KEY UPDATE|UPDATE|KEY SHARE|SHARE)(?: OF (\w+))?")


@dataclass(slots=True)
class Reach:
    """Names of domain events that may follow, and what may be locked on the way.

    `things` are locked as such, by kind; `rows` are tables of which single rows are.
    """

    follow_ups: set[str] = field(default_factory=set)
    things: dict[str, Hold] = field(default_factory=dict)
    rows: set[str] = field(default_factory=set)


def reach(handler: Callable[..., Any]) -> Reach:
    """Go through a handler and all that it may call."""
    found = Reach()
    pending: list[FunctionType] = [_plain(handler)]
    seen: set[FunctionType] = set()
    while pending:
        function = pending.pop()
        if function in seen:
            continue
        seen.add(function)
        for node in ast.walk(_tree(function)):
            _note(node, function, found=found)
            named = _meant(node, function)
            if isinstance(named, FunctionType) and named.__module__.startswith("domain."):
                pending.append(_plain(named))
    return found


def _plain(function: Callable[..., Any]) -> FunctionType:
    plain = inspect.unwrap(function)
    assert isinstance(plain, FunctionType)
    return plain


@cache
def _tree(function: FunctionType) -> ast.AST:
    definition = ast.parse(textwrap.dedent(inspect.getsource(function))).body[0]
    assert isinstance(definition, ast.FunctionDef)
    # Not the signature: what a function takes isn't what it makes.
    return ast.Module(definition.body, [])


def _meant(node: ast.AST, function: FunctionType) -> Any:
    """Give what a name, or a name within a module or class, stands for; None if it is local."""
    if isinstance(node, ast.Name):
        return function.__globals__.get(node.id)
    if isinstance(node, ast.Attribute):
        owner = _meant(node.value, function)
        if isinstance(owner, ModuleType | type):
            return getattr(owner, node.attr, None)
    return None


def _note(node: ast.AST, function: FunctionType, *, found: Reach) -> None:
    """Note a payload that is made, a thing that is locked, and SQL that locks."""
    if isinstance(node, ast.Call):
        made = _meant(node.func, function)
        owner = getattr(made, "__self__", made)
        if isinstance(owner, type) and issubclass(owner, Payload):
            found.follow_ups.add(owner.NAME)
        if made is lock:
            kind, hold = node.args[1], node.args[3]
            assert isinstance(kind, ast.Constant), "the kind of a lock is written out"
            found.things[str(kind.value)] = Hold(_meant(hold, function))
    found.rows.update(_locked_by(_sql(node, function)))


def _sql(node: ast.AST, function: FunctionType) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    named = _meant(node, function)
    return named if isinstance(named, str) and not isinstance(named, Hold) else ""


def _locked_by(statement: str) -> Iterator[str]:
    """Give the tables of which a statement locks rows."""
    for clause in LOCKING.finditer(statement):
        before = statement[: clause.start()]
        alias = rf"(?:FROM|JOIN) (\w+) AS {clause[1]}\b" if clause[1] else r"FROM (\w+)"
        tables = re.findall(alias, before)
        if tables:
            yield tables[-1]
