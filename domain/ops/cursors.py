"""Where a page of a list begins whose rows are in the order of a moment and their id."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

_CURSOR: Final = re.compile(r"([0-9]{1,17})~([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})")
_MICROSECOND: Final = timedelta(microseconds=1)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class MomentCursor:
    """Where a page begins: after the row that was made then and has this id."""

    created_at: datetime
    id: str

    def __str__(self) -> str:
        """As it stands in a URL; the moment to the microsecond, or rows would be lost."""
        return f"{(self.created_at - _EPOCH) // _MICROSECOND}~{self.id}"

    @classmethod
    def parse(cls, text: str) -> "MomentCursor | None":
        """Read one from a URL; None if it is none."""
        if not (found := _CURSOR.fullmatch(text)):
            return None
        try:
            return cls(_EPOCH + int(found[1]) * _MICROSECOND, found[2])
        except OverflowError:
            return None
