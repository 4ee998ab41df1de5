"""What is computed outside: embeddings and summaries, as the domain asks for them.

Both are asked outside of any transaction. Local implementations are pure (`domain/matching/
embedding.py`, `domain/ratings/digest.py`); those that speak HTTP live in `workers/providers`.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Protocol

Vector = Sequence[float]


class Embedder(Protocol):
    """Gives texts as points in a space in which what means the same lies close together."""

    @property
    def model(self) -> str:
        """What made a vector: those of another model can't be compared with these."""

    def embed(self, texts: Sequence[str]) -> list[Vector]:
        """Give one vector of 384 dimensions and length one for each text, in order.

        Raises PortTroubleError or PortRefusalError.
        """


class Summariser(Protocol):
    """Says in a few lines what guests said."""

    def summarise(self, comments: Sequence[str]) -> str:
        """Sum up comments; raises PortTroubleError or PortRefusalError."""


class PortTroubleError(Exception):
    """A port can't answer just now, whatever it is asked: ask again later, and not before.

    `reason` is a code such as http_503; it never holds what was asked or answered.
    """

    def __init__(self, reason: str, *, retry_after: timedelta | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.retry_after = retry_after


class PortRefusalError(Exception):
    """A port won't take just this; something else it may. `reason` is a code."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def as_trouble(error: Exception) -> PortTroubleError:
    """Take whatever a port raised for trouble, so that it is left alone for a while.

    What it raised against its promise is named by its type only: its words may quote.
    """
    if isinstance(error, PortTroubleError):
        return error
    return PortTroubleError(f"failed_{type(error).__name__}")
