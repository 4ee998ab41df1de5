"""Texts as vectors without a model to download: hashed pieces of words. Pure.

Each word and its pieces of three to five letters, the word's borders included, are hashed to one
of 384 places with a sign, so that what collides cancels out on average. Of a piece that comes n
times 1 + ln n is added, and the whole is brought to length one. Texts that share words, or parts
of words (climb, climbing, climbers), lie close together; synonyms don't.

Sources: pieces of words with their borders: Bojanowski, Grave, Joulin and Mikolov, "Enriching
Word Vectors with Subword Information", 2017. Signed hashing: Weinberger, Dasgupta, Langford, Smola
and Attenberg, "Feature Hashing for Large Scale Multitask Learning", 2009. The weight: Manning,
Raghavan and Schütze, "Introduction to Information Retrieval", 2008, section 6.4.1.
"""

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache
from hashlib import blake2b
from typing import Final

from domain.constants import VECTOR_DIMENSIONS
from domain.ports import Vector

WORD: Final = re.compile(r"[^\W_]+")
PIECE_LENGTHS: Final = (3, 4, 5)
# A word longer than any word is cut, so that no text costs more than its length.
LONGEST_WORD: Final = 40


class LocalEmbedder:
    """Embeds texts within the process; the same text gives the same vector everywhere."""

    model = "local-word-pieces-1"

    def embed(self, texts: Sequence[str]) -> list[Vector]:
        """Give one vector for each text; of a text without letters and digits it is all zero."""
        return [embed(text) for text in texts]


def embed(text: str) -> Vector:
    """Give the vector of a text."""
    places = [0.0] * VECTOR_DIMENSIONS
    # In the order of first appearance, which the text alone decides: sums are the same each time.
    for piece, count in Counter(_pieces(text)).items():
        place, sign = _slot(piece)
        places[place] += sign * (1.0 + math.log(count))
    return normalised(places)


def normalised(vector: Vector) -> Vector:
    """Bring a vector to length one; nothing stays nothing."""
    length = math.sqrt(math.fsum(each * each for each in vector))
    return [each / length for each in vector] if length else list(vector)


def _pieces(text: str) -> Iterator[str]:
    """Give each word between its borders, and its pieces."""
    for found in WORD.findall(text.casefold()):
        word = f"<{found[:LONGEST_WORD]}>"
        yield word
        for length in PIECE_LENGTHS:
            for start in range(len(word) - length + 1):
                piece = word[start : start + length]
                if piece != word:
                    yield piece


@lru_cache(maxsize=65_536)
def _slot(piece: str) -> tuple[int, float]:
    """Hash a piece to its place and sign."""
    number = int.from_bytes(blake2b(piece.encode(), digest_size=8).digest(), "little")
    return (number >> 1) % VECTOR_DIMENSIONS, 1.0 if number & 1 else -1.0
