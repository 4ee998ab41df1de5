"""`momento catalogue`: what there is, for people and for programs."""

import json

import pytest

from domain.catalogue import CATALOGUE
from workers.cli import main


class TestRun:
    def test_every_type_has_a_line(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["catalogue"]) == 0
        title, *rows = capsys.readouterr().out.splitlines()
        assert title.split()[:2] == ["name", "subject"]
        assert [row.split()[0] for row in rows] == [payload.NAME for payload in CATALOGUE]
        (row,) = [row for row in rows if row.startswith("kudos.given ")]
        assert row.split() == [
            "kudos.given",
            "kudos_id",
            "anybody",
            "afterwards",
            "kudos.apply_kudos_given",
        ]

    def test_all_schemas_are_one_json_document(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["catalogue", "--json-schema"]) == 0
        document = json.loads(capsys.readouterr().out)
        assert len(document["$defs"]) == len(CATALOGUE) + 1
