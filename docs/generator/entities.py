"""entities.md: every table with its columns, by topic, and where the seed documents' data lives."""

import inspect
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib import import_module

from sqlalchemy import CheckConstraint, Column, Index, Table, UniqueConstraint
from sqlalchemy.dialects import postgresql
from sqlmodel import SQLModel

from docs.generator.markdown import GENERATED, code, codes, paragraphs, sentence, table
from docs.generator.seeds import Seed, Where
from domain import tables

# In the order of the story; a topic that isn't named here comes last.
STORY = (
    *("users", "profiles", "gatherings", "invitations", "payments", "attendance"),
    *("ratings", "kudos", "connections", "messaging", "duos", "safety", "support"),
)
MACHINERY = ("ledger", "schedules", "accounts")
SHORT_TYPES = {
    "TIMESTAMP WITH TIME ZONE": "timestamptz",
    "VARCHAR": "text",
    "DOUBLE PRECISION": "float8",
}
COLUMN_LINE = re.compile(r"    (\w+): ")
COMMENT_LINE = re.compile(r"    # ?(.*)")
HEAD = """
Every table of `domain/tables`, by topic: what a row stands for, its columns, and what the database
itself holds it to. Then [where the seed documents' data
lives](#where-the-seed-documents-data-lives), field by field.

The diagrams show keys alone. `PK` is (part of) the primary key, `FK` refers to another table, `UK`
is unique by itself. A type with `?` may be null. Facts (tables named `…_facts`) are only ever
added; states are folded from them (`docs/decisions/0003-facts-and-folds.md`).
"""
COVERAGE = """
The four documents that the data comes from: each table or collection, and each field. Where they
differ the newest meaning stands, in the relational shape. An embedded object has a line for itself
and one for each of its fields. Kept by hand, in `docs/seeds.toml`.
"""


def entities_page(seeds: Sequence[Seed]) -> str:
    """Write the whole page."""
    lines = [GENERATED, "# The tables", "", paragraphs(HEAD), ""]
    for topic in _topics():
        models = _models(topic)
        module = import_module(f"domain.tables.{topic}")
        lines += [f"## {topic.capitalize()}", "", sentence(module.__doc__), ""]
        lines += _diagram([_table(model) for model in models])
        for model in models:
            lines += _entry(model)
    lines += _coverage(seeds)
    return "\n".join(lines).rstrip() + "\n"


def _topics() -> list[str]:
    known = [name for name in tables.__all__ if name != "metadata"]
    others = [name for name in known if name not in (*STORY, *MACHINERY)]
    return [*STORY, *others, *MACHINERY]


def _models(topic: str) -> list[type[SQLModel]]:
    """Give the table classes of a topic in the order of its file."""
    module = import_module(f"domain.tables.{topic}")
    return [
        made
        for made in vars(module).values()
        if inspect.isclass(made)
        and issubclass(made, SQLModel)
        and made.__module__ == module.__name__
        and hasattr(made, "__table__")
    ]


def _table(model: type[SQLModel]) -> Table:
    return tables.metadata.tables[str(model.__tablename__)]


def _diagram(listed: Sequence[Table]) -> Iterator[str]:
    """Draw tables with their keys, and what they refer to."""
    yield "```mermaid"
    yield "erDiagram"
    for each in listed:
        keys = [column for column in each.columns if _marks(column)]
        yield f"    {each.name} {{"
        for column in keys:
            yield f"        {_type(column)} {column.name} {','.join(_marks(column))}"
        yield "    }"
    for each in listed:
        for column in each.columns:
            for key in column.foreign_keys:
                parent = "|o" if column.nullable else "||"
                child = "o|" if _is_alone_unique(column) else "o{"
                yield f'    {key.column.table.name} {parent}--{child} {each.name} : "{column.name}"'
    yield "```"
    yield ""


def _marks(column: Column[object]) -> list[str]:
    marks = {
        "PK": column.primary_key,
        "FK": bool(column.foreign_keys),
        "UK": not column.primary_key and _is_alone_unique(column),
    }
    return [mark for mark, holds in marks.items() if holds]


def _is_alone_unique(column: Column[object]) -> bool:
    keys = [column.table.primary_key, *_unique_keys(column.table)]
    return any([part.name for part in key.columns] == [column.name] for key in keys)


def _unique_keys(of: Table) -> list[UniqueConstraint]:
    keys = [each for each in of.constraints if isinstance(each, UniqueConstraint)]
    return sorted(keys, key=_columns_of)


def _columns_of(key: Index | UniqueConstraint) -> list[str]:
    return [getattr(part, "name", None) or str(part) for part in _parts(key)]


def _parts(key: Index | UniqueConstraint) -> Iterable[object]:
    return key.expressions if isinstance(key, Index) else key.columns


def _type(column: Column[object]) -> str:
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    name = column.type.compile(dialect=dialect).partition(" COLLATE ")[0]
    return SHORT_TYPES.get(name, name.lower())


def _entry(model: type[SQLModel]) -> Iterator[str]:
    """Describe one table."""
    of = _table(model)
    yield f"### {of.name}"
    yield ""
    yield paragraphs(model.__doc__)
    yield ""
    comments = _comments(model)
    rows = [(code(column.name), *_cells(column, comments)) for column in of.columns]
    yield from table(["column", "type", "default", "notes"], rows)
    yield from _promises(of)


def _cells(column: Column[object], comments: Mapping[str, str]) -> tuple[str, str, str]:
    refers = [f"→ {code(str(key.target_fullname))}" for key in column.foreign_keys]
    words = _words(column)
    collation = getattr(column.type, "collation", None)
    notes = [
        *refers,
        f"One of {words}." if words else "",
        f"Collation {collation}." if collation else "",
        comments.get(column.name, ""),
    ]
    optional = "?" if column.nullable else ""
    return _type(column) + optional, _default(column), " ".join(filter(None, notes))


def _words(column: Column[object]) -> str:
    """Give the words that a check allows in a column."""
    for check in column.table.constraints:
        if isinstance(check, CheckConstraint):
            text = str(check.sqltext)
            if text.startswith(f"{column.name} IN ("):
                return ", ".join(re.findall(r"'(\w+)'", text))
    return ""


def _default(column: Column[object]) -> str:
    if column.computed is not None:
        return "computed"
    if column.identity is not None:
        start = column.identity.start or 1
        return f"counted from {start}"
    default = getattr(column.server_default, "arg", None)
    return "" if default is None else code(str(default))


def _comments(model: type[SQLModel]) -> dict[str, str]:
    """Give the comment that stands above each column in the source."""
    found: dict[str, str] = {}
    above: list[str] = []
    for line in inspect.getsource(model).splitlines():
        comment, column = COMMENT_LINE.match(line), COLUMN_LINE.match(line)
        if comment:
            above.append(comment[1])
            continue
        if column and above:
            found[column[1]] = " ".join(above)
        above = []
    return found


def _promises(of: Table) -> Iterator[str]:
    """List what the database holds rows to beyond single columns, and what it finds fast."""
    lines = [f"- Primary key: {codes(_columns_of_primary_key(of))}"]
    lines += [f"- Unique: {codes(_columns_of(key))}" for key in _unique_keys(of)]
    lines += [f"- Check: {code(text)}" for text in _other_checks(of)]
    lines += [_index(each) for each in sorted(of.indexes, key=lambda each: str(each.name))]
    yield from lines
    yield ""


def _columns_of_primary_key(of: Table) -> list[str]:
    return [column.name for column in of.primary_key.columns]


def _other_checks(of: Table) -> list[str]:
    texts = [str(each.sqltext) for each in of.constraints if isinstance(each, CheckConstraint)]
    return sorted(text for text in texts if " IN (" not in text)


def _index(index: Index) -> str:
    options = index.dialect_options["postgresql"]
    using = f" by {options['using']}" if options["using"] else ""
    where = f" where {code(str(options['where']))}" if options["where"] is not None else ""
    unique = "Unique index" if index.unique else "Index"
    return f"- {unique} {code(str(index.name))}{using}: {codes(_columns_of(index))}{where}"


def _coverage(seeds: Sequence[Seed]) -> Iterator[str]:
    """Say where everything that the seed documents describe lives, and what they don't know of."""
    yield "## Where the seed documents' data lives"
    yield ""
    yield paragraphs(COVERAGE)
    yield ""
    for seed in seeds:
        yield f"### {seed.number}: {seed.title}"
        yield ""
        yield seed.note
        yield ""
        yield from table(["there", "here", ""], _lines(seed))
    yield from _beyond(seeds)


def _lines(seed: Seed) -> Iterator[tuple[str, str, str]]:
    for name, where in seed.tables.items():
        yield f"**{name}**", *_shown(where)
        for field, place in seed.fields.get(name, {}).items():
            yield f"{name}.{field}", *_shown(place)


def _shown(where: Where) -> tuple[str, str]:
    return codes(where.places) or "nowhere", where.remark


def _beyond(seeds: Sequence[Seed]) -> Iterator[str]:
    """List the tables that no document asks for, with what they are for."""
    named = {
        place.partition(".")[0]
        for seed in seeds
        for where in (*seed.tables.values(), *(w for f in seed.fields.values() for w in f.values()))
        for place in where.places
    }
    yield "### Beyond the documents"
    yield ""
    yield "What no document names: facts, from which states are folded, and the machinery."
    yield ""
    models = [model for topic in _topics() for model in _models(topic)]
    rows = [
        (code(_table(model).name), sentence((model.__doc__ or "").split("\n\n")[0]))
        for model in models
        if _table(model).name not in named
    ]
    yield from table(["table", "what for"], rows)
