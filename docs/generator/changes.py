"""The rules of compatibility, one by one: each finds one way of taking less than before."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, NamedTuple

Schema = Mapping[str, Any]


class Change(NamedTuple):
    """One way in which a schema takes less: where, and what."""

    field: str
    what: str

    def __str__(self) -> str:
        """Say it on one line."""
        return f"field {self.field}: {self.what}" if self.field else self.what


# Finds changes between two parts in the same place.
Rule = Callable[[Schema, Schema, str], Iterator[Change]]

LOWER_BOUNDS: Final = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
UPPER_BOUNDS: Final = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
# That are judged by a rule of their own, or say nothing about what is taken.
JUDGED: Final = frozenset(
    {
        *LOWER_BOUNDS,
        *UPPER_BOUNDS,
        "$ref",
        "additionalProperties",
        "anyOf",
        "const",
        "enum",
        "items",
        "properties",
        "propertyNames",
        "required",
        "type",
        "uniqueItems",
        "x-person",
        "x-personal",
        "x-refuses",
    }
)
SAID_ONLY: Final = frozenset(
    {"$schema", "$id", "$defs", "title", "description", "examples", "deprecated"}
)

# Without it, more is taken.
MAY_GO: Final = frozenset({"format", "pattern", "x-refers-to"})


def fields_gone(old: Schema, new: Schema, path: str) -> Iterator[Change]:
    """A field that isn't there any more, where not everything unknown is taken."""
    if new.get("additionalProperties", True) is True:
        return
    for name in old.get("properties", {}):
        if name not in new.get("properties", {}):
            yield Change(_join(path, name), "is gone")


def fields_claimed(old: Schema, new: Schema, path: str) -> Iterator[Change]:
    """A field's name with which anybody could say anything."""
    if not _is_open(old):
        return
    for name in new.get("properties", {}):
        if name not in old.get("properties", {}):
            yield Change(_join(path, name), "was free for anything, and isn't now")


def fields_required(old: Schema, new: Schema, path: str) -> Iterator[Change]:
    """A field that could be left out."""
    for name in new.get("required", ()):
        if name not in old.get("required", ()):
            yield Change(_join(path, name), "is required now")


def objects_closed(old: Schema, new: Schema, path: str) -> Iterator[Change]:
    """Unknown fields that were kept, or took any value."""
    before, after = (each.get("additionalProperties", True) for each in (old, new))
    if before is not False and after is False:
        yield Change(path, "refuses fields that it doesn't know now")
    elif before is True and isinstance(after, Mapping):
        yield Change(path, "takes only some values in fields that it doesn't know now")


def names_narrowed(old: Schema, new: Schema, path: str) -> Iterator[Change]:
    """Names of an object's fields that could be any."""
    if "propertyNames" in new and "propertyNames" not in old:
        yield Change(path, "takes only some names of fields now")


def types_narrowed(old: Schema, new: Schema, path: str) -> Iterator[Change]:
    """A kind of value that was taken."""
    before, after = _types(old), _types(new)
    if after is None or (before is not None and before <= after):
        return
    yield Change(path, f"type {_listed(before)} -> {_listed(after)}")


def words_gone(old: Schema, new: Schema, path: str) -> Iterator[Change]:
    """Words of an enumeration, or any text where only some words are taken now."""
    before, after = _words(old), _words(new)
    if after is None:
        return
    if before is None:
        yield Change(path, f"takes only {_listed(after)} now")
    elif gone := [word for word in before if word not in after]:
        yield Change(path, f"doesn't take {_listed(gone)} any more")


def lower_bounds_raised(old: Schema, new: Schema, path: str) -> Iterator[Change]:
    """A smallest number, length or count."""
    for name in LOWER_BOUNDS:
        before, after = old.get(name), new.get(name)
        if after is not None and (before is None or after > before):
            yield Change(path, f"{name} {_shown(before)} -> {after}")


def upper_bounds_lowered(old: Schema, new: Schema, path: str) -> Iterator[Change]:
    """A greatest number, length or count."""
    for name in UPPER_BOUNDS:
        before, after = old.get(name), new.get(name)
        if after is not None and (before is None or after < before):
            yield Change(path, f"{name} {_shown(before)} -> {after}")


def entries_narrowed(old: Schema, new: Schema, path: str) -> Iterator[Change]:
    """Lists of anything, or with something twice."""
    if "items" in new and "items" not in old:
        yield Change(path, "takes only some entries now")
    if new.get("uniqueItems") and not old.get("uniqueItems"):
        yield Change(path, "refuses the same entry twice now")


def seals_broken(old: Schema, new: Schema, path: str) -> Iterator[Change]:
    """What lies sealed in the ledger could be read no more."""
    if old.get("x-personal") and not new.get("x-personal"):
        yield Change(path, "is not personal any more, and what was sealed stays sealed")
    before, after = old.get("x-person"), new.get("x-person")
    if before is not None and before != after:
        text = f"x-person {before} -> {after}, and what was sealed opens with the former's key"
        yield Change(path, text)


def more_refused(old: Schema, new: Schema, path: str) -> Iterator[Change]:
    """What a schema has no words for, and is refused besides."""
    for each in new.get("x-refuses", ()):
        if each not in old.get("x-refuses", ()):
            yield Change(path, f"refuses {each} now")


def unjudged(old: Schema, new: Schema, path: str) -> Iterator[Change]:
    """What no rule can judge, such as a pattern, must stay as it is, or go."""
    for name in sorted((old.keys() | new.keys()) - JUDGED - SAID_ONLY):
        before, after = old.get(name), new.get(name)
        if before != after and not (after is None and name in MAY_GO):
            yield Change(path, f"{name} {_shown(before)} -> {_shown(after)}")


RULES: Final[tuple[Rule, ...]] = (
    fields_gone,
    fields_claimed,
    fields_required,
    objects_closed,
    names_narrowed,
    types_narrowed,
    words_gone,
    lower_bounds_raised,
    upper_bounds_lowered,
    entries_narrowed,
    seals_broken,
    more_refused,
    unjudged,
)


def _is_open(schema: Schema) -> bool:
    return schema.get("additionalProperties", True) is not False


def _types(schema: Schema) -> frozenset[str] | None:
    """Give the kinds of values; None for any. Whole numbers are numbers."""
    said = schema.get("type")
    if said is None:
        return None
    kinds = frozenset([said] if isinstance(said, str) else said)
    return kinds | {"integer"} if "number" in kinds else kinds


def _words(schema: Schema) -> list[Any] | None:
    return [schema["const"]] if "const" in schema else schema.get("enum")


def _join(path: str, name: str) -> str:
    return f"{path}.{name}".lstrip(".")


def _listed(words: Any) -> str:
    return "anything" if words is None else ", ".join(sorted(map(str, words)))


def _shown(value: Any) -> str:
    return "none" if value is None else str(value)
