"""Numbers and times as people say them."""

import json
import re
from datetime import datetime
from typing import Any, Final

from domain.figures.snapshot import Count, How

MINUTE_S: Final = 60
HOUR_S: Final = 3_600
DAY_S: Final = 86_400
# Below it a digit after the point says something.
FEW_A_MINUTE: Final = 10


def count(number: int, one: str, many: str) -> str:
    """A number with its noun: 1 delivery, 12,000 deliveries."""
    return f"{number:,} {one if number == 1 else many}"


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


def duration(seconds: float) -> str:
    """Seconds in the two units that matter: 12 s, 4 min, 3 h 20 min, 2 d 4 h."""
    whole = max(0, int(seconds))
    if whole < MINUTE_S:
        return f"{whole} s"
    if whole < HOUR_S:
        return f"{whole // MINUTE_S} min"
    if whole < DAY_S:
        return _two(whole // HOUR_S, "h", whole % HOUR_S // MINUTE_S, "min")
    return _two(whole // DAY_S, "d", whole % DAY_S // HOUR_S, "h")


def pretty(value: Any) -> str:
    """A JSON document with its indents."""
    return json.dumps(value, indent=2, ensure_ascii=False)


def listed(things: list[str]) -> str:
    """Things one after another: a, b and c."""
    return " and ".join([", ".join(things[:-1]), things[-1]] if len(things) > 1 else things)


def _two(large: int, large_unit: str, small: int, small_unit: str) -> str:
    return f"{large} {large_unit} {small} {small_unit}" if small else f"{large} {large_unit}"
