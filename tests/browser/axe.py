"""Asks axe-core what somebody who can't see, or can't use a mouse, would stumble over."""

from pathlib import Path
from typing import Final

from playwright.sync_api import Page

AXE: Final = Path(__file__).with_name("vendor") / "axe-core-4.14.1.min.js"
SERIOUS: Final = frozenset({"serious", "critical"})
# By a message of the browser's own tools, which no policy of the page's forbids.
_RUN: Final = """
async () => (await axe.run(document, {
    runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
})).violations.map((found) => ({
    id: found.id, impact: found.impact, help: found.help,
    nodes: found.nodes.map((node) => node.html.slice(0, 200) + ' ' + (node.any[0]?.message ?? '')),
}))
"""


def stumbles(page: Page) -> list[str]:
    """What is serious, each with where it is."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate(_RUN)
    return [
        f"{each['id']}: {each['help']} {each['nodes'][:3]}"
        for each in found
        if each["impact"] in SERIOUS
    ]
