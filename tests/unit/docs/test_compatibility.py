"""What a publisher wrote must still be taken: each rule finds what it is for, and nothing else."""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any

import pytest

from docs.generator import schemas_now
from docs.generator.changes import RULES
from docs.generator.compatibility import find_breaches, find_changes

Schema = dict[str, Any]
TEXT = {"type": "string"}


def an_object(required: list[str] | None = None, **fields: Any) -> Schema:
    return {
        "type": "object",
        "properties": fields,
        "required": required or [],
        "additionalProperties": False,
    }


def a_field(**schema: Any) -> Schema:
    return an_object(note=schema)


def or_null(**schema: Any) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


# The rule, what was, what is, and what is said.
NARROWED = [
    ("fields_gone", an_object(note=TEXT), an_object(), "field note: is gone"),
    (
        "fields_claimed",
        {"type": "object"},
        {"type": "object", "properties": {"note": TEXT}},
        "field note: was free",
    ),
    ("fields_required", an_object(note=TEXT), an_object(["note"], note=TEXT), "is required now"),
    ("fields_required", an_object(), an_object(["more"], more=TEXT), "field more: is required"),
    (
        "objects_closed",
        a_field(type="object"),
        a_field(type="object", additionalProperties=False),
        "refuses fields",
    ),
    (
        "objects_closed",
        a_field(type="object", additionalProperties=True),
        a_field(type="object", additionalProperties=TEXT),
        "only some values",
    ),
    (
        "names_narrowed",
        a_field(type="object"),
        a_field(type="object", propertyNames=TEXT),
        "some names",
    ),
    ("types_narrowed", a_field(type="string"), a_field(type="integer"), "type string -> integer"),
    ("types_narrowed", a_field(type="number"), a_field(type="integer"), "number -> integer"),
    ("types_narrowed", a_field(), a_field(type="string"), "type anything -> string"),
    ("types_narrowed", a_field(type=["string", "null"]), a_field(type="string"), "-> string"),
    (
        "types_narrowed",
        an_object(note=or_null(type="string")),
        a_field(type="string"),
        "type null -> string",
    ),
    ("words_gone", a_field(enum=["a", "b"]), a_field(enum=["a"]), "doesn't take b any more"),
    ("words_gone", a_field(type="string"), a_field(type="string", enum=["a"]), "takes only a now"),
    ("words_gone", a_field(const="a"), a_field(const="b"), "doesn't take a"),
    ("lower_bounds_raised", a_field(minLength=1), a_field(minLength=2), "minLength 1 -> 2"),
    ("lower_bounds_raised", a_field(), a_field(minimum=0), "minimum none -> 0"),
    ("upper_bounds_lowered", a_field(maxLength=500), a_field(maxLength=200), "500 -> 200"),
    ("upper_bounds_lowered", a_field(), a_field(maxItems=9), "maxItems none -> 9"),
    ("entries_narrowed", a_field(type="array"), a_field(type="array", items=TEXT), "some entries"),
    ("entries_narrowed", a_field(type="array"), a_field(type="array", uniqueItems=True), "twice"),
    (
        "seals_broken",
        a_field(type="string", **{"x-personal": True}),
        a_field(type="string"),
        "not personal any more",
    ),
    (
        "seals_broken",
        {"x-person": "user_id", **an_object()},
        {"x-person": "host_id", **an_object()},
        "opens with the former's key",
    ),
    ("more_refused", an_object(), {**an_object(), "x-refuses": ["a lie"]}, "refuses a lie now"),
    ("unjudged", a_field(pattern="^a"), a_field(pattern="^ab"), "pattern ^a -> ^ab"),
    ("unjudged", a_field(type="string"), a_field(type="string", format="uuid"), "format none"),
    ("unjudged", {**an_object(), "x-subject": "a"}, {**an_object(), "x-subject": "b"}, "x-subject"),
    ("unjudged", a_field(default="a"), a_field(default="b"), "default a -> b"),
    ("unjudged", a_field(type="string"), a_field(type="string", **{"not": {}}), "not none"),
]
WIDENED = [
    (an_object(), an_object(more=TEXT)),
    (an_object(["note"], note=TEXT), an_object(note=TEXT)),
    (a_field(type="integer"), a_field(type="number")),
    (a_field(type="string"), a_field()),
    (a_field(type="string"), an_object(note=or_null(type="string"))),
    (
        a_field(type="string", **{"x-personal": True}),
        an_object(note=or_null(type="string") | {"x-personal": True}),
    ),
    (a_field(enum=["a"]), a_field(enum=["b", "a"])),
    (a_field(enum=["a"], type="string"), a_field(type="string")),
    (a_field(maxLength=200, minLength=2), a_field(maxLength=500, minLength=1)),
    (a_field(maxLength=200, pattern="^a"), a_field()),
    (a_field(type="string"), a_field(type="string", description="What it means.")),
    (a_field(type="string"), a_field(type="string", **{"x-personal": True})),
    (a_field(type="array", uniqueItems=True, items=TEXT), a_field(type="array", items=TEXT)),
]


LESS = {
    **dict.fromkeys(("maxLength", "maximum", "maxItems"), -1),
    **dict.fromkeys(("minLength", "minimum", "minItems"), 1),
}


class TestRules:
    @pytest.mark.parametrize(("rule", "old", "new", "said"), NARROWED)
    def test_what_takes_less_is_found_by_its_rule_and_by_no_other(
        self, rule: str, old: Schema, new: Schema, said: str
    ) -> None:
        found = find_changes(old, new)
        assert [each for each in map(str, found) if said in each] == [*map(str, found)] != []
        others = [each for each in RULES if each.__name__ != rule]
        assert find_changes(old, new, others) == []

    def test_every_rule_has_a_case(self) -> None:
        assert {rule for rule, *_ in NARROWED} == {rule.__name__ for rule in RULES}

    @pytest.mark.parametrize(("old", "new"), WIDENED)
    def test_what_takes_more_is_compatible(self, old: Schema, new: Schema) -> None:
        assert find_changes(old, new) == []

    @pytest.mark.parametrize("wrap", ["items", "$ref", "anyOf", "additionalProperties", "names"])
    def test_they_look_into_every_part(self, wrap: str) -> None:
        def inside(part: Schema) -> Schema:
            return {
                "items": a_field(type="array", items=part),
                "$ref": a_field(**{"$ref": "#/$defs/Part"}) | {"$defs": {"Part": part}},
                "anyOf": an_object(note=or_null(**part)),
                "additionalProperties": a_field(type="object", additionalProperties=part),
                "names": a_field(type="object", propertyNames=part),
            }[wrap]

        old, new = {"type": "string", "maxLength": 5}, {"type": "string", "maxLength": 4}
        (found,) = find_changes(inside(old), inside(new))
        assert found.what == "maxLength 5 -> 4"
        assert found.field.startswith("note")
        assert find_changes(inside(new), inside(old)) == []


class TestBreaches:
    def test_a_breach_says_what_changed_and_what_to_do(self) -> None:
        old, new = a_field(maxLength=500), a_field(maxLength=200)
        (breach,) = find_breaches({"kudos.given": old}, {"kudos.given": new})
        assert str(breach) == (
            "kudos.given changed incompatibly:\n"
            "  field note: maxLength 500 -> 200\n"
            "Publish kudos.given.v2 beside it instead:"
            " docs/publishing.md, section A second version."
        )

    def test_after_the_second_comes_the_third(self) -> None:
        (breach,) = find_breaches({"kudos.given.v2": an_object()}, {})
        assert "may not be published any more" in str(breach)
        assert "Publish kudos.given.v3 beside it" in str(breach)

    def test_a_new_type_beside_the_others_is_none(self) -> None:
        assert find_breaches({"a": an_object()}, {"a": an_object(), "a.v2": a_field()}) == []


def spoilt(schema: Schema) -> Iterator[tuple[str, Schema]]:
    """Each schema that is a little narrower than this one in one place."""
    for path, part in places(schema):
        for change in narrower(part):
            yield f"{path} {change}"[:200], changed(schema, path, change)


def narrower(part: Schema) -> Iterator[Schema]:
    """What could be changed in one place, each change on its own."""
    for name, value in part.items():
        if name in LESS:
            yield {name: value + LESS[name]}
        elif name == "enum":
            yield {name: value[1:]}
        elif name == "pattern":
            yield {name: f"{value}(?!x)"}
        elif name == "type" and isinstance(value, str):
            yield {name: "boolean" if value != "boolean" else "integer"}
    fields, required = part.get("properties", {}), part.get("required", [])
    for gone in fields:
        yield {"properties": {name: said for name, said in fields.items() if name != gone}}
    for name in fields.keys() - set(required):
        yield {"required": [*required, name]}


def places(part: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Schema]]:
    """Every schema within a schema, with the way there; not names of fields, nor examples."""
    if isinstance(part, list):
        for number, each in enumerate(part):
            yield from places(each, (*path, number))
    elif isinstance(part, Mapping):
        if path[-1:] not in [("properties",), ("$defs",)]:
            yield path, dict(part)
        for name, each in part.items():
            if name not in {"examples", "enum", "required", "x-refuses"}:
                yield from places(each, (*path, name))


def changed(schema: Schema, path: tuple[Any, ...], change: Schema) -> Schema:
    copy = deepcopy(schema)
    part: Any = copy
    for step in path:
        part = part[step]
    part.update(change)
    return copy


class TestRealSchemas:
    @pytest.mark.parametrize("name", schemas_now())
    def test_whatever_is_narrowed_in_one_is_found(self, name: str) -> None:
        schema = dict(schemas_now()[name])
        tried = [(what, find_changes(schema, other)) for what, other in spoilt(schema)]
        assert len(tried) >= 3
        assert [what for what, found in tried if not found] == []

    def test_none_differs_from_itself(self) -> None:
        assert find_breaches(schemas_now(), schemas_now()) == []
