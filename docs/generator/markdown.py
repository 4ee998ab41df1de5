"""The little Markdown that the generated pages need."""

from collections.abc import Iterable, Sequence

GENERATED = "<!-- Written by `make docs` from the code. Change the code instead. -->"


def table(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Make the lines of a table; nothing when it has no rows."""
    body = [_row(row) for row in rows]
    return [_row(titles), _row(["---"] * len(titles)), *body, ""] if body else []


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cell.replace('|', '&#124;') for cell in cells)} |"


def code(text: str) -> str:
    """Mark up a name of the code."""
    return f"`{text}`"


def codes(names: Iterable[str]) -> str:
    """Mark up several names of the code."""
    return ", ".join(map(code, names))


def sentence(docstring: str | None) -> str:
    """Give a docstring as one paragraph."""
    return " ".join((docstring or "").split())


def paragraphs(docstring: str | None) -> str:
    """Give the paragraphs of a docstring, each on one line."""
    parts = (docstring or "").strip().split("\n\n")
    return "\n\n".join(map(sentence, parts))
