"""A day that stays: what a history decides by chance must not depend on when it is run."""

from datetime import UTC, datetime
from typing import Final

TODAY: Final = datetime(2026, 1, 15, 12, tzinfo=UTC)
