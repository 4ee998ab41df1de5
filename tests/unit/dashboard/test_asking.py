"""What can't be read in a URL or a form is refused, never a fault of ours."""

from datetime import UTC, datetime, timedelta

import pytest
from starlette.exceptions import HTTPException

from dashboard.asking import end
from dashboard.passing import past
from tests.factories.snapshots import NOW


@pytest.mark.parametrize("span", ["-99999999999999m", "x", "4", "4y", "m", "1.5h"])
def test_no_length_of_a_pause(span: str) -> None:
    with pytest.raises(HTTPException) as refused:
        end({"for": span}, NOW)
    assert refused.value.status_code == 400


@pytest.mark.parametrize(
    ("said", "then"),
    [
        ("02:14", datetime(2026, 6, 1, 2, 14, tzinfo=UTC)),
        # Later than now: yesterday's.
        ("12:01", datetime(2026, 5, 31, 12, 1, tzinfo=UTC)),
        ("12:00", NOW),
        ("3h", NOW - timedelta(hours=3)),
        ("2026-05-30T10:00:00Z", datetime(2026, 5, 30, 10, tzinfo=UTC)),
        ("2026-05-30 10:00", datetime(2026, 5, 30, 10, tzinfo=UTC)),
        ("2026-05-30T10:00:00+02:00", datetime(2026, 5, 30, 8, tzinfo=UTC)),
        ("", None),
    ],
)
def test_a_moment_that_has_been(said: str, then: datetime | None) -> None:
    assert past({"at": said}, "at", now=NOW) == then


@pytest.mark.parametrize(
    "said",
    [
        *("24:00", "02:60", "2:1", "x", "2026-06-01T12:00:01", "9999-12-31T23:59", "-5m"),
        *("0001-01-01T00:00+14:00", "02:14:00:00", "1" * 500),
    ],
)
def test_no_moment_that_has_been(said: str) -> None:
    with pytest.raises(HTTPException) as refused:
        past({"at": said}, "at", now=NOW)
    assert refused.value.status_code == 400
