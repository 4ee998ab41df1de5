"""Quiet hours are from 21:00 to 08:00 by people's own clocks, also when those are changed."""

import json
import subprocess
import sys
import zoneinfo
from datetime import UTC, date, datetime, time, timedelta
from importlib.metadata import version
from typing import Final

import pytest

from domain.quiet_hours import quiet_until
from domain.zones import ZONES, zone_of
from tests.architecture.source import ROOT
from tests.factories.facts import HOUR, INSTANT

NIGHT: Final = 11 * HOUR
# What a clock shows on the day before, and how much longer than 11 hours the night is.
CHANGES: Final = (
    # Forward at 02:00, back at 02:00.
    ("America/New_York", date(2026, 3, 8), -HOUR),
    ("America/New_York", date(2026, 11, 1), HOUR),
    ("America/New_York", date(2027, 3, 14), -HOUR),
    ("America/New_York", date(2027, 11, 7), HOUR),
    # At 01:00 UTC.
    ("Europe/Berlin", date(2026, 3, 29), -HOUR),
    ("Europe/Berlin", date(2026, 10, 25), HOUR),
    ("Europe/Berlin", date(2027, 3, 28), -HOUR),
    ("Europe/Berlin", date(2027, 10, 31), HOUR),
    # In the south, and by half an hour.
    ("Australia/Lord_Howe", date(2026, 4, 5), HOUR / 2),
    ("Australia/Lord_Howe", date(2026, 10, 4), -HOUR / 2),
    ("Australia/Lord_Howe", date(2027, 4, 4), HOUR / 2),
    ("Australia/Lord_Howe", date(2027, 10, 3), -HOUR / 2),
    # At midnight: forward to 01:00; back to 23:00 of the same day, so that midnight comes twice.
    ("Africa/Cairo", date(2026, 4, 24), -HOUR),
    ("Africa/Cairo", date(2026, 10, 30), HOUR),
    ("Africa/Cairo", date(2027, 4, 30), -HOUR),
    ("Africa/Cairo", date(2027, 10, 29), HOUR),
    ("Asia/Beirut", date(2026, 3, 29), -HOUR),
    ("Asia/Beirut", date(2026, 10, 25), HOUR),
    ("Asia/Beirut", date(2027, 3, 28), -HOUR),
    ("Asia/Beirut", date(2027, 10, 31), HOUR),
    # At midnight forward, at 01:00 back to midnight; not in the winter of 2026, as only the newer
    # versions of the tz database know.
    ("America/Havana", date(2026, 3, 8), -HOUR),
    ("America/Havana", date(2026, 11, 1), timedelta(0)),
    ("America/Havana", date(2027, 3, 14), timedelta(0)),
    ("America/Havana", date(2027, 11, 7), HOUR),
    # Never.
    ("Asia/Tokyo", date(2026, 3, 29), timedelta(0)),
    ("America/Phoenix", date(2027, 3, 14), timedelta(0)),
    ("Asia/Kathmandu", date(2026, 11, 1), timedelta(0)),
    ("UTC", date(2027, 11, 7), timedelta(0)),
)


def at(zone: str, day: date, clock: time) -> datetime:
    """The moment at which clocks first show this."""
    return datetime.combine(day, clock, tzinfo=zone_of(zone)).astimezone(UTC)


class TestNights:
    @pytest.mark.parametrize(("zone", "day", "longer"), CHANGES)
    def test_a_night_ends_at_eight_however_long_it_is(
        self, zone: str, day: date, longer: timedelta
    ) -> None:
        evening = at(zone, day - timedelta(days=1), time(21))
        morning = at(zone, day, time(8))
        assert morning - evening == NIGHT + longer
        assert quiet_until(evening - INSTANT, zone) is None
        moment = evening
        while moment < morning:
            assert quiet_until(moment, zone) == morning
            moment += timedelta(minutes=10)
        assert quiet_until(morning - INSTANT, zone) == morning
        assert quiet_until(morning, zone) is None

    @pytest.mark.parametrize(("zone", "day"), [(zone, day) for zone, day, _ in CHANGES])
    def test_the_day_after_it_is_as_any_other(self, zone: str, day: date) -> None:
        for clock in (time(8), time(12), time(20, 59, 59)):
            assert quiet_until(at(zone, day, clock), zone) is None
        tomorrow = at(zone, day + timedelta(days=1), time(8))
        assert quiet_until(at(zone, day, time(21)), zone) == tomorrow

    @pytest.mark.parametrize("zone", ["America/New_York", "Africa/Cairo", "Australia/Lord_Howe"])
    def test_in_each_hour_of_two_years_it_is_quiet_or_may_go_out(self, zone: str) -> None:
        moment = datetime(2026, 1, 1, tzinfo=UTC)
        while moment.year < 2028:
            until = quiet_until(moment, zone)
            local = moment.astimezone(zone_of(zone))
            if 8 <= local.hour < 21:
                assert until is None, local
            else:
                assert until is not None, local
                assert until.astimezone(zone_of(zone)).time() == time(8), local
                assert timedelta(0) < until - moment <= NIGHT + HOUR
                assert quiet_until(until, zone) is None
            moment += HOUR

    def test_a_moment_may_be_told_in_any_offset(self) -> None:
        told = datetime.fromisoformat("2026-03-08T04:00:00+01:00")
        assert quiet_until(told, "America/New_York") == datetime(2026, 3, 8, 12, tzinfo=UTC)


class TestZones:
    @pytest.mark.parametrize(
        "zone", ["", "Mars/Olympus", "America", "../etc/passwd", "/etc", "UTC "]
    )
    def test_a_zone_that_nobody_knows_counts_as_the_default(self, zone: str) -> None:
        night = at("America/New_York", date(2026, 3, 8), time(3))
        assert quiet_until(night, zone) == quiet_until(night, "America/New_York")

    def test_the_pinned_database_is_the_only_one(self) -> None:
        assert zoneinfo.TZPATH == ()
        assert len(ZONES) > 500
        locked = (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()
        assert f"tzdata=={version('tzdata')} \\" in locked

    def test_a_zone_that_was_read_before_is_read_again(self) -> None:
        """A server's own tz database, old or spoilt, has no say in any process."""
        program = """
import json, zoneinfo
early = zoneinfo.ZoneInfo("Europe/Berlin")
import domain.catalogue
from domain.zones import zone_of
print(json.dumps([zone_of("Europe/Berlin") is early, list(zoneinfo.TZPATH)]))
"""
        said = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
        assert json.loads(said.stdout) == [False, []]
