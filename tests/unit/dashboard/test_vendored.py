"""What others wrote is what they published, with its licence, and nothing else lies beside it."""

import hashlib
import tomllib
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[3]
FOLDERS: Final = (ROOT / "dashboard/static/vendor", ROOT / "tests/browser/vendor")


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.parent.name)
class TestVendored:
    def test_each_file_has_its_hash(self, folder: Path) -> None:
        for package in packages(folder):
            for file in package["files"]:
                content = (folder / file["name"]).read_bytes()
                assert hashlib.sha256(content).hexdigest() == file["sha256"], file["name"]

    def test_nothing_else_lies_there_and_each_has_its_licence(self, folder: Path) -> None:
        listed = {file["name"] for package in packages(folder) for file in package["files"]}
        assert {path.name for path in folder.iterdir()} == listed | {"manifest.toml"}
        for package in packages(folder):
            assert package["licence"]
            assert any("LICENSE" in file["name"] for file in package["files"]), package["name"]


def packages(folder: Path) -> list[dict[str, list[dict[str, str]]]]:
    manifest = tomllib.loads((folder / "manifest.toml").read_text(encoding="utf-8"))
    found: list[dict[str, list[dict[str, str]]]] = manifest["package"]
    return found
