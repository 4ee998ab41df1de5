"""Where everything that the seed documents describe lives: `docs/seeds.toml`, read and checked."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from domain.tables import metadata

PLACE = re.compile(r"[a-z_]+(\.[a-z_]+)?")
RETIRED = "retired:"


@dataclass(frozen=True, slots=True)
class Where:
    """Places as `table.column` or `table`, or none; and what there is to say about it."""

    places: tuple[str, ...]
    remark: str


@dataclass(frozen=True, slots=True)
class Seed:
    """One document: its tables with where each lives, and with where each of its fields does."""

    number: str
    title: str
    note: str
    tables: Mapping[str, Where]
    fields: Mapping[str, Mapping[str, Where]]


def load_seeds(path: Path) -> list[Seed]:
    """Read the map; ValueError that names every place and every entry that isn't right."""
    documents = tomllib.loads(path.read_text(encoding="utf-8"))["document"]
    faults = [fault for document in documents for fault in _faults(document)]
    if faults:
        raise ValueError("\n".join([f"{path.name} isn't right:", *faults]))
    return [_seed(document) for document in documents]


def _seed(document: Mapping[str, Any]) -> Seed:
    return Seed(
        number=document["number"],
        title=document["title"],
        note=document["note"],
        tables={name: _where(text) for name, text in document["where"].items()},
        fields={
            name: {field: _where(text) for field, text in fields.items()}
            for name, fields in document["fields"].items()
        },
    )


def _where(text: str) -> Where:
    if text.startswith(RETIRED):
        return Where((), text)
    places, _, remark = text.partition(";")
    return Where(tuple(place.strip() for place in places.split(",")), remark.strip())


def _faults(document: Mapping[str, Any]) -> Iterator[str]:
    number, contents = document["number"], document["contents"]
    where, fields = document["where"], document["fields"]
    for name in contents:
        if name not in where:
            yield f"{number} {name}: nothing says where it lives"
        elif name not in fields and not _may_have_no_fields(where[name]):
            yield f"{number} {name}: its fields are missing"
    for name in {**where, **fields}:
        if name not in contents:
            yield f"{number} {name}: not in the document's contents"
    for name, text in where.items():
        yield from _misplaced(f"{number} {name}", text)
    for name, listed in fields.items():
        for field, text in listed.items():
            yield from _misplaced(f"{number} {name}.{field}", text)


def _may_have_no_fields(where: str) -> bool:
    return where.startswith(RETIRED) or "cut off" in where


def _misplaced(name: str, text: str) -> Iterator[str]:
    for place in _where(text).places:
        table, _, column = place.partition(".")
        if not PLACE.fullmatch(place) or table not in metadata.tables:
            yield f"{name}: there is no table {place!r}"
        elif column and column not in metadata.tables[table].columns:
            yield f"{name}: there is no column {place!r}"
