"""Numbers and times as people say them."""

import json
import re
from datetime import datetime
from typing import Any, Final

from markupsafe import Markup, escape

from domain.figures.snapshot import Count, How
from domain.figures.words import MINUTE_S, count, duration, listed

__all__ = [
    "breakable",
    "count",
    "counted",
    "duration",
    "listed",
    "moment",
    "number",
    "pretty",
    "quick",
    "rate",
    "short",
]
# Below it a digit after the point says something.
FEW_A_MINUTE: Final = 10


def breakable(name: str) -> Markup:
    """A name of the code as HTML that a narrow column may break after a part of it."""
    return Markup(re.sub(r"([._])(?=\w)", r"\1<wbr>", str(escape(name))))  # noqa: S704 - escaped


def number(value: int | None, cap: int | None = None) -> str:
    """A number with its thousands apart; one that was counted up to a cap says so: 10,000+."""
    if value is None:
        return "-"
    return f"{cap:,}+" if cap is not None and value > cap else f"{value:,}"


def counted(value: Count) -> str:
    """A count, and how exact it is: 1,234, 10,000+, about 1,200,000."""
    match value.how:
        case How.EXACT:
            return f"{value.number:,}"
        case How.LEAST:
            return f"{value.number:,}+"
        case How.ABOUT:
            return f"~{value.number:,}"


def rate(a_minute: float | None) -> str:
    """How many a minute: 0, 0.4, 12, 1,200."""
    if a_minute is None:
        return "-"
    return f"{a_minute:.1f}" if 0 < a_minute < FEW_A_MINUTE else f"{a_minute:,.0f}"


def quick(seconds: float | None) -> str:
    """A measured duration, to what an estimate is good for: 2.5 ms, 40 ms, 1.2 s, 4 min."""
    if seconds is None:
        return "-"
    if seconds < 1:
        milliseconds = seconds * 1_000
        digits = 1 if milliseconds < FEW_A_MINUTE else 0
        return f"{milliseconds:.{digits}f} ms"
    return f"{seconds:.1f} s" if seconds < MINUTE_S else duration(seconds)


def moment(value: datetime) -> str:
    """A moment as the ledger has it, in UTC, to the second."""
    return f"{value:%Y-%m-%d %H:%M:%S}"


def short(name: str) -> str:
    """A type without what all of them share: app.momento.kudos.given.v1 is kudos.given."""
    return re.sub(r"^app\.momento\.|\.v[0-9]+$", "", name)


def pretty(value: Any) -> str:
    """A JSON document with its indents."""
    return json.dumps(value, indent=2, ensure_ascii=False)
