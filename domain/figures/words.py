"""Numbers and times as people say them, where a verdict is put into words."""

from typing import Final

MINUTE_S: Final = 60
HOUR_S: Final = 3_600
DAY_S: Final = 86_400


def count(number: int, one: str, many: str) -> str:
    """A number with its noun: 1 delivery, 12,000 deliveries."""
    return f"{number:,} {one if number == 1 else many}"


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


def listed(things: list[str]) -> str:
    """Things one after another: a, b and c."""
    return " and ".join([", ".join(things[:-1]), things[-1]] if len(things) > 1 else things)


def _two(large: int, large_unit: str, small: int, small_unit: str) -> str:
    return f"{large} {large_unit} {small} {small_unit}" if small else f"{large} {large_unit}"
