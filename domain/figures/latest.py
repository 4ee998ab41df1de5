"""The newest snapshot that somebody knows, as everything is judged by."""

from dataclasses import dataclass

from domain.figures.gauges import SILENT
from domain.figures.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Latest:
    """The newest snapshot that is known, and its age; none if there never was one.

    `is_away`: the database can't be asked just now, so this is what was known before.
    """

    snapshot: Snapshot | None
    age_s: float
    is_away: bool = False

    @property
    def is_silent(self) -> bool:
        """Whether it is too old to say how everything stands now."""
        return self.snapshot is None or self.age_s > SILENT.total_seconds()
