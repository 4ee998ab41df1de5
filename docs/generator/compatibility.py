"""Says where a payload's schema takes less than it took: whoever publishes must not have to change.

Both schemas are ours (`domain/schemas.py`): closed objects, local references, alternatives by
`anyOf`. What these rules can't judge counts as incompatible as soon as it differs. Compatible with
what was committed last means compatible with everything since the first: who takes all that
another takes takes what that one's forerunners took.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from docs.generator.changes import RULES, Change, Rule

Schema = Mapping[str, Any]
ADVICE: Final = "Publish {later} beside it instead: docs/publishing.md, section A second version."


@dataclass(frozen=True, slots=True)
class Breach:
    """A published type that takes less than it took."""

    name: str
    changes: Sequence[Change]

    def __str__(self) -> str:
        """Say what changed and what to do instead."""
        listed = "".join(f"\n  {each}" for each in self.changes)
        return f"{self.name} changed incompatibly:{listed}\n{advice(self.name)}"


def advice(name: str) -> str:
    """Say which version is the next."""
    stem, _, number = name.rpartition(".v")
    later = f"{stem}.v{int(number) + 1}" if number.isdecimal() and stem else f"{name}.v2"
    return ADVICE.format(later=later)


def find_breaches(
    old: Mapping[str, Schema], new: Mapping[str, Schema], rules: Sequence[Rule] = RULES
) -> list[Breach]:
    """Compare all schemas, by short name; one that is gone is a breach too."""
    breaches = []
    for name, schema in old.items():
        changes = (
            find_changes(schema, new[name], rules)
            if name in new
            else [Change("", "may not be published any more")]
        )
        if changes:
            breaches.append(Breach(name, changes))
    return breaches


def find_changes(old: Schema, new: Schema, rules: Sequence[Rule] = RULES) -> list[Change]:
    """Say by which of the rules a schema takes less than another."""
    return list(_Comparison(old, new, rules).of(old, new, path=""))


@dataclass(frozen=True, slots=True)
class _Comparison:
    """Two whole schemas, in which references are looked up, and the rules."""

    old: Schema
    new: Schema
    rules: Sequence[Rule]

    def of(self, old: Schema, new: Schema, *, path: str) -> Iterator[Change]:
        """Compare two parts that stand in the same place."""
        before, after = _resolved(old, self.old), _resolved(new, self.new)
        if "anyOf" in before or "anyOf" in after:
            yield from self._alternatives(before, after, path=path)
            return
        for rule in self.rules:
            yield from rule(before, after, path)
        yield from self._parts(before, after, path=path)

    def _alternatives(self, old: Schema, new: Schema, *, path: str) -> Iterator[Change]:
        """Each alternative must be taken by one of the new ones; marks stand beside them."""
        before, after = _split(old, self.old), _split(new, self.new)
        for said in before:
            found = [list(self.of(said, other, path=path)) for other in after]
            if not any(changes == [] for changes in found):
                # What is nearest says best what changed.
                same = [
                    changes
                    for changes, other in zip(found, after, strict=True)
                    if other.get("type") == said.get("type")
                ]
                yield from min(same or found, key=len)

    def _parts(self, old: Schema, new: Schema, *, path: str) -> Iterator[Change]:
        """Compare what stands in both: fields, entries of lists, names and values of objects."""
        fields, others = old.get("properties", {}), new.get("properties", {})
        for name in (each for each in fields if each in others):
            yield from self.of(fields[name], others[name], path=f"{path}.{name}".lstrip("."))
        for keyword, where in (
            ("items", "[]"),
            ("additionalProperties", ".*"),
            ("propertyNames", ".* (name)"),
        ):
            before, after = old.get(keyword), new.get(keyword)
            if isinstance(before, Mapping) and isinstance(after, Mapping):
                yield from self.of(before, after, path=f"{path}{where}".lstrip("."))


def _split(part: Schema, whole: Schema) -> list[Schema]:
    """Give a part's alternatives, each with what stands beside all of them."""
    if "anyOf" not in part:
        return [part]
    beside = {name: value for name, value in part.items() if name != "anyOf"}
    return [{**_resolved(each, whole), **beside} for each in part["anyOf"]]


def _resolved(part: Schema, whole: Schema) -> Schema:
    """Follow a reference; what stands beside it holds too."""
    while "$ref" in part:
        beside = {name: value for name, value in part.items() if name != "$ref"}
        part = {**whole["$defs"][part["$ref"].rpartition("/")[2]], **beside}
    return part
