"""The map of the seed documents is refused where it is wrong."""

from pathlib import Path

import pytest

from docs.generator.seeds import Where, load_seeds

GOOD = """
[[document]]
number = "009"
title = "A sketch"
note = "For this test."
contents = ["people", "waiting", "tokens"]
[document.where]
people = "users; by another name"
waiting = "retired: nobody waits"
tokens = "push_notification_tokens; cut off: only named"
[document.fields.people]
_id = "users.id"
names = "social_profiles.first_name, users.last_name; in two places"
"""


def load(tmp_path: Path, text: str) -> str:
    """What is said against a map; nothing when it is right."""
    path = tmp_path / "seeds.toml"
    path.write_text(text, encoding="utf-8")
    try:
        load_seeds(path)
    except ValueError as error:
        return str(error)
    return ""


class TestLoadSeeds:
    def test_places_and_remarks_are_read(self, tmp_path: Path) -> None:
        path = tmp_path / "seeds.toml"
        path.write_text(GOOD, encoding="utf-8")
        (seed,) = load_seeds(path)
        assert seed.tables["people"] == Where(("users",), "by another name")
        assert seed.tables["waiting"] == Where((), "retired: nobody waits")
        places = ("social_profiles.first_name", "users.last_name")
        assert seed.fields["people"]["names"] == Where(places, "in two places")

    @pytest.mark.parametrize(
        ("right", "wrong", "said"),
        [
            ("users.id", "users.ident", "009 people._id: there is no column 'users.ident'"),
            ("users.id", "user.id", "009 people._id: there is no table 'user.id'"),
            ("users.id", "somewhere else", "there is no table 'somewhere else'"),
            ("users.id", "", "there is no table ''"),
            ("users.last_name;", "users.surname;", "there is no column 'users.surname'"),
            ('"users; by', '"folk; by', "009 people: there is no table 'folk'"),
            ('waiting = "retired: nobody waits"', "", "009 waiting: nothing says where it lives"),
            ('"waiting", ', "", "009 waiting: not in the document's contents"),
            ("cut off: only named", "", "009 tokens: its fields are missing"),
            ("fields.people", "fields.folk", "009 folk: not in the document's contents"),
        ],
    )
    def test_what_is_wrong_is_named(
        self, tmp_path: Path, right: str, wrong: str, said: str
    ) -> None:
        assert right in GOOD
        assert said in load(tmp_path, GOOD.replace(right, wrong))
