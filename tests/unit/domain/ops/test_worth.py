"""Is it still worth it? Each line: what it says, what is known, and what to make of it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain.ops.worth import Circumstances, Level, judge_worth

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
WORTH, LATE, POINTLESS = Level.WORTH, Level.LATE, Level.POINTLESS


@pytest.mark.parametrize(
    ("name", "known", "tells", "level"),
    [
        ("event.reminder_due", {"starts_at": NOW + HOUR}, False, WORTH),
        ("event.reminder_due", {"starts_at": NOW - 3 * HOUR}, False, POINTLESS),
        ("event.reminder_due", {"starts_at": NOW + HOUR, "is_cancelled": True}, False, POINTLESS),
        ("event.reconfirmation_requested", {"starts_at": NOW - HOUR}, False, POINTLESS),
        ("invitation.expiry_near", {"expires_at": NOW - HOUR}, False, POINTLESS),
        ("invitation.expiry_near", {"expires_at": NOW + HOUR}, False, WORTH),
        ("duo.expiry_near", {"expires_at": NOW}, False, POINTLESS),
        ("invitation.confirmed", {"ends_at": NOW - HOUR}, False, LATE),
        ("kudos.given", {}, True, WORTH),
        ("kudos.given", {"time": NOW - 2 * DAY}, True, LATE),
        ("message.sent", {"time": NOW - 2 * DAY, "person_deleted": True}, True, POINTLESS),
        ("user.deleted", {"person_deleted": True}, False, WORTH),
        ("subscription.end_near", {"time": NOW - 3 * DAY}, False, LATE),
        ("payment.succeeded", {"time": NOW - 300 * DAY, "ends_at": NOW - 299 * DAY}, False, WORTH),
    ],
)
def test_judged_by_the_hour(*, name: str, known: dict[str, Any], tells: bool, level: Level) -> None:
    circumstances = Circumstances(**{"time": NOW - HOUR, **known})
    assert judge_worth(name, circumstances, now=NOW, tells=tells).level is level


def test_it_says_how_late() -> None:
    known = Circumstances(time=NOW - DAY, starts_at=NOW - 3 * HOUR)
    worth = judge_worth("event.reminder_due", known, now=NOW, tells=False)
    assert worth.sentence == "It reminds of a gathering that began 3 h ago."
