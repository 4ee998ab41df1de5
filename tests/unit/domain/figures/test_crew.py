"""Who is missed: one that fell silent, as long as none of its kind has begun since."""

from dataclasses import replace

import pytest

from domain.figures.crew import ProcessNow, told_of

WORKER = ProcessNow("worker", 1, "box", "1.0", 0.0, 0.0, 1, None, takes=(), doing=())


def a(name: str, began: float, seen: float) -> ProcessNow:
    """A process, and how many seconds ago it began and was seen last."""
    return replace(WORKER, name=name, up_s=began, last_seen_s=seen)


OLD, SILENT = a("worker", 900, 2), a("worker", 900, 20)
GONE, LONG_GONE = a("worker", 900, 300), a("worker", 900, 450)
SINCE, BEFORE = a("worker", 250, 2), a("worker", 400, 2)


@pytest.mark.parametrize(
    ("processes", "told"),
    [
        ([OLD], [OLD]),
        # Within a minute it is told of, whoever has begun.
        ([SILENT, a("worker", 10, 2)], [SILENT, a("worker", 10, 2)]),
        ([OLD, GONE], [OLD, GONE]),
        ([GONE, SINCE], [SINCE]),
        ([GONE, BEFORE], [GONE, BEFORE]),
        ([GONE, a("relay", 250, 2)], [GONE, a("relay", 250, 2)]),
        # One takes the place of one.
        ([GONE, LONG_GONE, SINCE], [LONG_GONE, SINCE]),
        ([GONE, LONG_GONE, BEFORE], [GONE, BEFORE]),
        ([GONE, LONG_GONE, SINCE, BEFORE], [SINCE, BEFORE]),
        # Who took its place is missed in turn.
        ([GONE, a("worker", 250, 100)], [a("worker", 250, 100)]),
        ([GONE, a("worker", 250, 100), a("worker", 50, 2)], [a("worker", 50, 2)]),
    ],
)
def test_told_of(processes: list[ProcessNow], told: list[ProcessNow]) -> None:
    assert list(told_of(processes)) == told
