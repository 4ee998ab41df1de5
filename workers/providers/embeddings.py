"""Embeddings from any service with OpenAI's interface: POST {base}/embeddings."""

from collections.abc import Sequence
from typing import Any, Final

from domain.constants import VECTOR_DIMENSIONS
from domain.matching.embedding import normalised
from domain.ports import PortTroubleError, Vector
from workers.providers.http import Service

# What is greater is no coordinate of any model.
LARGEST: Final = 1e30


class HttpEmbedder:
    """Asks a service for embeddings; it must be able to give 384 dimensions."""

    def __init__(self, service: Service, model: str) -> None:
        self._service = service
        self._model = model

    @property
    def model(self) -> str:
        """The model that the service is asked for."""
        return self._model

    def embed(self, texts: Sequence[str]) -> list[Vector]:
        """Ask once for all texts; raises PortTroubleError or PortRefusalError."""
        answer = self._service.post(
            "/embeddings",
            {
                "model": self._model,
                "input": list(texts),
                "dimensions": VECTOR_DIMENSIONS,
                "encoding_format": "float",
            },
        )
        return _vectors(answer, len(texts))


def _vectors(answer: Any, count: int) -> list[Vector]:
    """Take the vectors from an answer, in the order of the texts, whatever order they come in."""
    try:
        found = {each["index"]: each["embedding"] for each in answer["data"]}
        vectors = [found[place] for place in range(count)]
    except (TypeError, KeyError):
        raise PortTroubleError("answer_malformed") from None
    return [_checked(vector) for vector in vectors]


def _checked(vector: Any) -> Vector:
    """Refuse what is no vector, has another dimension, or no length."""
    if not isinstance(vector, list) or not all(_is_number(each) for each in vector):
        raise PortTroubleError("answer_malformed")
    if len(vector) != VECTOR_DIMENSIONS:
        raise PortTroubleError("wrong_dimension")
    greatest = max(map(abs, vector))
    if greatest == 0:
        raise PortTroubleError("vector_without_length")
    # By the greatest first, so that the squares of tiny numbers don't vanish.
    return normalised([each / greatest for each in vector])


def _is_number(value: Any) -> bool:
    """Say whether it is a coordinate; NaN is in no range, and an integer may have many digits."""
    return (
        isinstance(value, int | float)
        and not isinstance(value, bool)
        and -LARGEST < value < LARGEST
    )
