"""Time zones by the pinned tz database, the same on every machine.

Python would take the server's own tz database first, whatever its age, and ours only where there is
none. Importing this module makes ours the only one, for the whole process. Payloads import it, so
every process has done so before it reads anything; whoever looks up a zone by its name asks here.
"""

from typing import Final
from zoneinfo import ZoneInfo, available_timezones, reset_tzpath

from domain.constants import DEFAULT_ZONE

reset_tzpath(to=())
# A zone that was read before may be the server's.
ZoneInfo.clear_cache()

ZONES: Final = frozenset(available_timezones())


def zone_of(name: str) -> ZoneInfo:
    """Give a time zone by its IANA name; one that isn't known (any more) counts as the default."""
    return ZoneInfo(name if name in ZONES else DEFAULT_ZONE)
