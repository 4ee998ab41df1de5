"""The runbook's sections as the page shows them, from the copy that is shipped with the dashboard.

Of Markdown only what the runbook uses: paragraphs, lists, tables, code. All text is escaped; there
is no way to write markup of one's own, nor a link.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Final

from markupsafe import Markup, escape

# Written by `make docs`, since docs/ isn't shipped.
COPY: Final = Path(__file__).with_name("runbook.md")
_HEADING: Final = re.compile(r"^#{2,3} (.+)$", re.MULTILINE)
_CODE: Final = re.compile(r"`([^`]+)`")
_RULE: Final = re.compile(r"\|[ |:-]+\|")


@dataclass(frozen=True, slots=True)
class Section:
    """A section by its title; `place` is its anchor, as the verdict's links name it."""

    title: str
    text: Markup

    @property
    def place(self) -> str:
        """Where it is on the page."""
        return re.sub(r"[^a-z0-9]+", "-", self.title.lower()).strip("-")


@cache
def manual() -> dict[str, Section]:
    """Give all sections by their title, in order."""
    parts = _HEADING.split(COPY.read_text(encoding="utf-8"))
    return {
        title: Section(title, markup(text))
        for title, text in zip(parts[1::2], parts[2::2], strict=True)
    }


def markup(text: str) -> Markup:
    """Write text as HTML; everything in it is escaped."""
    blocks = [block.strip().splitlines() for block in re.split(r"\n\s*\n", text) if block.strip()]
    return Markup("\n").join(each for block in blocks for each in _block(block))


def _block(lines: list[str]) -> Iterator[Markup]:
    for kind, group in groupby(lines, _kind):
        found = list(group)
        if kind == "list":
            items = Markup().join(Markup("<li>{}</li>").format(_spans(line[2:])) for line in found)
            yield Markup("<ul>{}</ul>").format(items)
        elif kind == "table":
            yield _table(found)
        else:
            yield Markup("<p>{}</p>").format(_spans(" ".join(found)))


def _kind(line: str) -> str:
    return "list" if line.startswith("- ") else "table" if line.startswith("|") else "text"


def _table(lines: list[str]) -> Markup:
    rows = [line.strip("|").split("|") for line in lines if not _RULE.fullmatch(line)]
    head = Markup().join(
        Markup('<th scope="col">{}</th>').format(_spans(cell.strip())) for cell in rows[0]
    )
    body = Markup().join(
        Markup("<tr>{}</tr>").format(
            Markup().join(Markup("<td>{}</td>").format(_spans(cell.strip())) for cell in row)
        )
        for row in rows[1:]
    )
    return Markup(
        '<div class="scroll"><table><thead><tr>{}</tr></thead><tbody>{}</tbody></table></div>'
    ).format(head, body)


def _spans(text: str) -> Markup:
    """Escape a text, with what stands between backticks as code."""
    parts = _CODE.split(text)
    return Markup().join(
        Markup("<code>{}</code>").format(part) if place % 2 else escape(part)
        for place, part in enumerate(parts)
    )
