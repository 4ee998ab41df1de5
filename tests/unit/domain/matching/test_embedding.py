"""Texts as vectors: the same everywhere, of length one, and near where words are alike."""

import math
import subprocess
import sys
from hashlib import blake2b
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.constants import VECTOR_DIMENSIONS
from domain.matching.embedding import LocalEmbedder, embed, normalised
from domain.ports import Embedder, Vector

CLIMBING = """Bouldering and burgers
An easy evening at the climbing hall, then burgers around the corner. All levels are welcome."""
CONCERT = """Jazz night
A trio plays standards in a cellar bar. Bring somebody who likes old records and slow wine."""


def likeness(one: Vector, other: Vector) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))


class TestEmbed:
    @given(st.text())
    def test_a_vector_has_384_dimensions_and_length_one_or_none(self, text: str) -> None:
        vector = embed(text)
        assert len(vector) == VECTOR_DIMENSIONS
        length = math.sqrt(sum(each * each for each in vector))
        has_words = any(map(str.isalnum, text))
        assert length == pytest.approx(1.0 if has_words else 0.0)

    @pytest.mark.parametrize(
        ("text", "nearer"),
        [
            ("climbing, burgers", CLIMBING),
            ("boulder hall", CLIMBING),
            ("vinyl records, jazz", CONCERT),
        ],
    )
    def test_what_shares_words_or_parts_of_words_lies_nearer(self, text: str, nearer: str) -> None:
        other = CONCERT if nearer is CLIMBING else CLIMBING
        here, there = embed(nearer), embed(other)
        assert likeness(embed(text), here) > likeness(embed(text), there) + 0.2

    def test_case_and_order_of_words_mean_nothing(self) -> None:
        assert likeness(embed("Board Games, jazz"), embed("JAZZ board games")) > 0.99

    def test_a_word_that_comes_again_weighs_less_each_time(self) -> None:
        once, often = embed("jazz chess"), embed("jazz jazz jazz jazz chess")
        assert likeness(once, often) > 0.85

    def test_another_process_gives_the_same(self) -> None:
        program = (
            "from domain.matching.embedding import embed; from hashlib import blake2b;"
            f"print(blake2b(repr(embed({CLIMBING!r})).encode()).hexdigest())"
        )
        said = subprocess.run(
            [sys.executable, "-c", program],
            capture_output=True,
            text=True,
            check=True,
            cwd=Path(__file__).parents[4],
            env={"PYTHONHASHSEED": "7"},
        )
        assert said.stdout.strip() == blake2b(repr(embed(CLIMBING)).encode()).hexdigest()

    def test_it_is_the_one_whose_name_is_kept_beside_vectors(self) -> None:
        """Whoever changes how vectors are made gives them another name: old ones are made anew."""
        digest = blake2b(",".join(f"{each:.9f}" for each in embed(CLIMBING)).encode())
        assert LocalEmbedder.model == "local-word-pieces-1"
        assert digest.hexdigest()[:16] == "14060ffc45d5c44c"

    def test_texts_are_answered_in_order(self) -> None:
        embedder: Embedder = LocalEmbedder()
        assert embedder.embed(["a b", "c"]) == [embed("a b"), embed("c")]


class TestNormalised:
    def test_nothing_stays_nothing(self) -> None:
        assert normalised([0.0, 0.0]) == [0.0, 0.0]

    def test_the_direction_stays(self) -> None:
        assert normalised([3.0, 4.0]) == [0.6, 0.8]
