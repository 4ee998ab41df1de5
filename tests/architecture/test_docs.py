"""What the documentation says of the code is what the code says."""

import json
from pathlib import Path

import pytest

from docs.generator import DOCS, SEEDS, breaches, pages, schemas_published
from docs.generator.seeds import load_seeds
from domain.catalogue import CATALOGUE, HANDLERS
from domain.payload import Payload, type_of
from domain.tables import metadata
from scheduler.__main__ import our_timetable
from workers.settings import load_settings

PAGES = pages()


class TestPublished:
    def test_no_published_schema_takes_less_than_it_did(self) -> None:
        found = breaches()
        assert not found, "\n".join(map(str, found))

    def test_what_was_valid_still_is(self) -> None:
        """Not by the rules, but by what really reads it."""
        for name, schema in schemas_published().items():
            for said in schema.get("examples", ()):
                Payload.OF_TYPE[type_of(name)].parse(json.dumps(said))


class TestPages:
    @pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
    def test_a_generated_page_is_fresh(self, path: Path) -> None:
        assert path.read_text(encoding="utf-8") == PAGES[path], "run `make docs`"

    def test_every_domain_event_and_every_handler_is_in_the_catalogue(self) -> None:
        text = PAGES[DOCS / "catalogue.md"]
        assert [p.NAME for p in CATALOGUE if f"\n### {p.NAME}\n" not in text] == []
        assert [name for name in HANDLERS if f"| `{name}` |" not in text] == []

    def test_every_table_is_described(self) -> None:
        text = PAGES[DOCS / "entities.md"]
        assert [name for name in metadata.tables if text.count(f"\n### {name}\n") != 1] == []

    def test_everything_that_is_scheduled_is_in_the_timetable(self) -> None:
        text = PAGES[DOCS / "timetable.md"]
        lines = [line.name for line in our_timetable(load_settings({}), lambda _: True)]
        assert [name for name in lines if text.count(f"| `{name}` | ") != 1] == []

    def test_every_field_of_the_seed_documents_has_its_line(self) -> None:
        text = PAGES[DOCS / "entities.md"]
        fields = [
            f"| {table}.{field} |"
            for seed in load_seeds(SEEDS)
            for table, listed in seed.fields.items()
            for field in listed
        ]
        assert len(fields) > 500
        assert [field for field in fields if field not in text] == []
