"""Ports that do as a test says: in trouble, refusing, or counting what they are asked."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from domain.matching.embedding import embed
from domain.ports import PortRefusalError, PortTroubleError, Vector
from domain.ratings.digest import LocalSummariser


@dataclass(slots=True)
class ScriptedEmbedder:
    """Embeds as the local one does, unless told otherwise, and keeps what it was asked."""

    model: str = "scripted"
    trouble: Exception | None = None
    refuses: str | None = None
    before: Callable[[], None] | None = None
    asked: list[list[str]] = field(default_factory=list)

    def embed(self, texts: Sequence[str]) -> list[Vector]:
        """Answer, or not."""
        self.asked.append(list(texts))
        if self.before is not None:
            self.before()
        if self.trouble is not None:
            raise self.trouble
        if self.refuses is not None and any(self.refuses in text for text in texts):
            raise PortRefusalError("http_400")
        return [embed(text) for text in texts]


@dataclass(slots=True)
class ScriptedSummariser:
    """Sums up as the local one does, unless told otherwise, and keeps what it was asked."""

    trouble: Exception | None = None
    refuses: bool = False
    before: Callable[[], None] | None = None
    asked: list[list[str]] = field(default_factory=list)

    def summarise(self, comments: Sequence[str]) -> str:
        """Answer, or not."""
        self.asked.append(list(comments))
        if self.before is not None:
            self.before()
        if self.trouble is not None:
            raise self.trouble
        if self.refuses:
            raise PortRefusalError("http_400")
        return LocalSummariser().summarise(comments)


def trouble(reason: str = "http_503", *, retry_after: timedelta | None = None) -> PortTroubleError:
    """What a port raises that can't answer just now."""
    return PortTroubleError(reason, retry_after=retry_after)
