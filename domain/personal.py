"""What is personal in the data of domain events: which values, whose, and what takes their place.

A payload's field is marked by its type (`Private`, `PrivateText` …), and the class names the field
that says whose it is: `class MessageSent(Payload, …, person="sender_id")`. A nested model that
speaks of somebody else says so with its own `PERSON`.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, NamedTuple, TypeVar, get_args, get_origin

from pydantic import BaseModel, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from domain.constants import ERASED_TEXT, ERASED_URL

Wanted = TypeVar("Wanted")


@dataclass(frozen=True, slots=True)
class Personal:
    """Marks a field that holds something personal.

    `erased` takes its place once the person is erased; a function makes it from the value, and
    leaves alone what it has made. It is valid for the field, so that what was said before can
    still be read.
    """

    erased: Any = None

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Say in the JSON Schema that the field is personal."""
        return handler(schema) | {"x-personal": True}


Anything = TypeVar("Anything")
Private = Annotated[Anything, Personal()]
PrivateText = Annotated[Anything, Personal(ERASED_TEXT)]
PrivateUrl = Annotated[Anything, Personal(ERASED_URL)]


class Spot(NamedTuple):
    """One personal value in the data of a domain event."""

    holder: dict[str, Any]
    field: str
    person: str
    mark: Personal

    @property
    def value(self) -> Any:
        """What stands there."""
        return self.holder[self.field]

    @property
    def erased(self) -> Any:
        """What takes its place."""
        return self.mark.erased(self.value) if self.depends else self.mark.erased

    @property
    def depends(self) -> bool:
        """Say whether what takes its place depends on what stands there."""
        return callable(self.mark.erased)

    def put(self, value: Any) -> None:
        """Have something else stand there."""
        self.holder[self.field] = value


class _Shape(NamedTuple):
    """Where a model holds personal values."""

    person: str | None
    marked: tuple[tuple[str, Personal], ...]
    nested: tuple[tuple[str, type[BaseModel]], ...]


@cache
def shape(model: type[BaseModel]) -> _Shape:
    """Say where a model holds personal values; raises TypeError if it doesn't say whose."""
    marked, nested = [], []
    for field, information in model.model_fields.items():
        found = next(find(Personal, information.annotation, metadata=information.metadata), None)
        if found is not None:
            marked.append((field, found))
        nested += [
            (field, each) for each in _models(information.annotation) if any(shape(each)[1:])
        ]
    person = getattr(model, "PERSON", None)
    if marked and person is None:
        message = f"{model.__name__} has personal fields: say whose with person="
        raise TypeError(message)
    return _Shape(person, tuple(marked), tuple(nested))


def is_personal(model: type[BaseModel]) -> bool:
    """Say whether a model may hold personal values."""
    return any(shape(model)[1:])


def spots(model: type[BaseModel], data: dict[str, Any], *, owner: str = "") -> Iterator[Spot]:
    """Find the personal values in data; `owner` is whose those are that name nobody."""
    person, marked, nested = shape(model)
    whose = (data.get(person) if person else None) or owner
    for field, mark in marked:
        if data.get(field) is not None and whose:
            yield Spot(data, field, whose, mark)
    for field, each in nested:
        for entry in data.get(field) or ():
            yield from spots(each, entry, owner=whose)


def erase(model: type[BaseModel], data: dict[str, Any], *, people: Collection[str]) -> bool:
    """Erase people's personal values in data; say whether anything changed."""
    changed = False
    for spot in spots(model, data):
        if spot.person in people and spot.value != spot.erased:
            spot.put(spot.erased)
            changed = True
    return changed


def find(
    marker: type[Wanted], annotation: Any, *, metadata: Collection[Any] = ()
) -> Iterator[Wanted]:
    """Find a field's markers of one kind, those of an optional type included."""
    yield from (entry for entry in metadata if isinstance(entry, marker))
    if get_origin(annotation) is Annotated:
        yield from (entry for entry in get_args(annotation)[1:] if isinstance(entry, marker))
        return
    if get_origin(annotation) is list:
        return
    for part in get_args(annotation):
        yield from find(marker, part)


def nested_models(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    """Find all models that a model is made of, at any depth."""
    for information in model.model_fields.values():
        for each in _models(information.annotation):
            yield each
            yield from nested_models(each)


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    """Find the models of which a field is a list."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models(part)
