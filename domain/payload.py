"""The base of all payloads: frozen, typed, unknown fields refused, and what each refers to.

A payload class carries its own name and says by its field types which things it refers to, so
that publishing and dispatch need to know nothing about a topic.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any, ClassVar, Self
from uuid import UUID

from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
)
from pydantic_core import CoreSchema, core_schema

from domain.constants import EARLIEST_TIME, LATEST_TIME
from domain.personal import find, shape

TYPE_PREFIX = "app.momento."
_FIRST_VERSION = ".v1"
_VERSION = re.compile(r"\.v[0-9]+$")


def type_of(name: str) -> str:
    """Give the full type of a short name: of `kudos.given` the first version, of `….v2` that."""
    return f"{TYPE_PREFIX}{name}{'' if _VERSION.search(name) else _FIRST_VERSION}"


def name_of(full: str) -> str:
    """Give the short name of a type, which the first version has without a number."""
    return full.removeprefix(TYPE_PREFIX).removesuffix(_FIRST_VERSION)


def any_version(name: str) -> str:
    """Give what all versions of a domain event are called, from a full or a short name."""
    return _VERSION.sub("", name.removeprefix(TYPE_PREFIX))


@dataclass(frozen=True, slots=True)
class Refers:
    """Marks an id as a reference: the thing must exist before the payload is applied."""

    kind: str


class _UuidText:
    """Makes a field a UUID, kept as its canonical text.

    Ids are text inside the domain: they are only compared, sorted and handed on, and text does
    that many times faster than UUID objects. Sorted as text they are in Postgres's own order.
    """

    @staticmethod
    def __get_pydantic_core_schema__(_source: Any, _handler: Any) -> CoreSchema:
        """From JSON take text only; from Python take UUID objects too."""
        text = core_schema.str_schema(pattern=_UUID, to_lower=True, regex_engine="rust-regex")
        return core_schema.json_or_python_schema(
            json_schema=text,
            python_schema=core_schema.no_info_before_validator_function(_uuid_as_text, text),
        )

    @staticmethod
    def __get_pydantic_json_schema__(_schema: CoreSchema, _handler: Any) -> dict[str, Any]:
        """Say in the JSON Schema that it is a UUID."""
        return {"type": "string", "format": "uuid"}


def _uuid_as_text(value: Any) -> Any:
    return str(value) if isinstance(value, UUID) else value


_UUID = r"^(?i:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$"

Id = Annotated[str, _UuidText()]
UserId = Annotated[Id, Refers("user")]
EventId = Annotated[Id, Refers("event")]
LocationId = Annotated[Id, Refers("location")]
InvitationId = Annotated[Id, Refers("invitation")]
DuoId = Annotated[Id, Refers("duo")]
PaymentId = Annotated[Id, Refers("payment")]
ConversationId = Annotated[Id, Refers("conversation")]
EventPhotoId = Annotated[Id, Refers("event_photo")]
ReportId = Annotated[Id, Refers("report")]
TicketId = Annotated[Id, Refers("ticket")]

# Pydantic would also take a number of seconds in quotes, and a minus sign that isn't one. It names
# an offset that is left out.
_RFC_3339 = re.compile(
    r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[-+]\d{2}:\d{2})?", re.ASCII
)
_FULL_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def _read_time(value: Any) -> Any:
    """Read text as RFC 3339 has it; anything else is left to pydantic, which is strict."""
    what = "a time such as 2026-11-21T18:00:00Z"
    return _read(value, _RFC_3339, read=datetime.fromisoformat, what=what)


def _read_date(value: Any) -> Any:
    what = "a date such as 1994-05-17"
    return _read(value, _FULL_DATE, read=date.fromisoformat, what=what)


def _read(value: Any, written: re.Pattern[str], *, read: Callable[[str], Any], what: str) -> Any:
    if not isinstance(value, str):
        return value
    try:
        if written.fullmatch(value):
            return read(value.upper())
    except ValueError:
        pass
    message = f"is not {what}"
    # Not chained: the reader's own message holds the value.
    raise ValueError(message) from None


Instant = Annotated[
    AwareDatetime,
    Field(ge=EARLIEST_TIME, lt=LATEST_TIME),
    BeforeValidator(_read_time, json_schema_input_type=AwareDatetime),
]
FullDate = Annotated[date, BeforeValidator(_read_date, json_schema_input_type=date)]
# What is kept already is read as it is: it was published by the rules of its day.
_KEPT = {"kept": True}
CONTROL = r"\x00-\x1f\x7f-\x9f"
_CONTROL_CHARACTER = re.compile(f"[{CONTROL}]")


@dataclass(frozen=True)
class OneLine:
    """Refuses control characters, line ends among them, in what is published from now on.

    `pattern` says in the JSON Schema what may be said.
    """

    pattern: str = f"^[^{CONTROL}]*$"

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> CoreSchema:
        """Look at the text once everything else about it is right."""
        return core_schema.with_info_after_validator_function(_on_one_line, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: Any) -> dict[str, Any]:
        """Add the pattern."""
        described: dict[str, Any] = handler(schema)
        return {**described, "pattern": self.pattern}


def _on_one_line(text: str, info: ValidationInfo) -> str:
    if info.context is not _KEPT and _CONTROL_CHARACTER.search(text):
        message = "must not hold control characters"
        raise ValueError(message)
    return text


Text = Annotated[str, Field(min_length=1, max_length=20_000)]
Name = Annotated[str, Field(min_length=1, max_length=200), OneLine()]
Cents = Annotated[int, Field(ge=0, le=100_000_000)]
Currency = Annotated[str, Field(pattern=r"^[a-z]{3}$")]


def thing(kind: str, identity: str) -> str:
    """Name a thing as deliveries wait for it, e.g. `user:0198…`."""
    return f"{kind}:{identity}"


class Payload(BaseModel):
    """What a domain event carries. A subclass names itself: `class KudosGiven(Payload, name=…)`.

    A later version beside the first says which: `name=…, version=2`; its short name ends in `.v2`.
    The first field is the subject. `creates` names the kind of thing that its first
    field identifies and that it brings into being, if it does. `person` names the field that says
    whose its personal values are, if it has any: see domain/personal.py.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    # In capitals, since payloads have fields called name and type.
    NAME: ClassVar[str]
    TYPE: ClassVar[str]
    CREATES: ClassVar[str | None]
    # A follow-up is published by the workers themselves; it is refused from anybody else.
    FOLLOW_UP: ClassVar[bool]
    PERSON: ClassVar[str | None] = None
    OF_TYPE: ClassVar[dict[str, type["Payload"]]] = {}
    _subject: ClassVar[str]
    _references: ClassVar[tuple[tuple[str, str], ...]]

    def __init_subclass__(cls, **options: Any) -> None:
        """Leave the class options to pydantic, which hands them on once fields are known."""
        super().__init_subclass__()
        del options

    @classmethod
    def __pydantic_init_subclass__(  # type: ignore[override]
        cls,
        *,
        name: str = "",
        version: int = 1,
        creates: str | None = None,
        person: str | None = None,
        follow_up: bool = False,
    ) -> None:
        """Note what the class says of itself and which of its fields are references.

        A class without a name is a base of others and no domain event itself.
        """
        cls.NAME = name if version == 1 else f"{name}.v{version}"
        cls.TYPE = type_of(cls.NAME)
        cls.CREATES = creates
        cls.FOLLOW_UP = follow_up
        cls.PERSON = person
        cls._subject = next(iter(cls.model_fields), "")
        cls._references = tuple(
            (field, marker.kind)
            for field, information in cls.model_fields.items()
            for marker in find(Refers, information.annotation, metadata=information.metadata)
            if not (creates == marker.kind and field == cls._subject)
        )
        if name:
            shape(cls)
            cls.OF_TYPE[cls.TYPE] = cls

    @property
    def subject(self) -> str:
        """The id of the thing that this is about."""
        subject: str = getattr(self, self._subject)
        return subject

    @classmethod
    def reference_fields(cls) -> tuple[tuple[str, str], ...]:
        """Give (field, kind) of each field whose value is a thing that must exist."""
        return cls._references

    def references(self) -> Iterable[tuple[str, str]]:
        """Give (kind, id) of each thing that must exist before this can be applied."""
        named = self.__dict__
        return [(kind, named[field]) for field, kind in self._references if named[field]]

    def given(self) -> dict[str, Any]:
        """Give the fields that were said, null included; one left out is not in it."""
        return {field: getattr(self, field) for field in self.model_fields_set}

    @classmethod
    def parse(cls, data: str | bytes) -> Self:
        """Read the JSON `data` of a domain event, strictly; raise pydantic's ValidationError."""
        return cls.model_validate_json(data, strict=True)

    @classmethod
    def read(cls, data: str | bytes) -> Self:
        """Read what was published: also what nobody may publish any more. Raises as `parse`."""
        return cls.model_validate_json(data, strict=True, context=_KEPT)


@dataclass(frozen=True, slots=True)
class Stamp:
    """The place of a domain event in the one order that rules know: (time, id, source)."""

    time: datetime
    id: str
    source: str

    @property
    def order(self) -> tuple[datetime, bytes, bytes]:
        """Sort key: text is compared by its bytes, as `COLLATE "C"` does in Postgres."""
        return self.time, self.id.encode(), self.source.encode()

    def __lt__(self, other: "Stamp") -> bool:
        """Say whether this one comes before the other."""
        return self.order < other.order
