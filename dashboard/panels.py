"""How old what a panel shows is, and what to say of that. Each panel is judged by itself. Pure."""

from dataclasses import dataclass

from dashboard.snapshots import Latest
from dashboard.words import duration


@dataclass(frozen=True, slots=True)
class Panel:
    """Whether a panel's values are known, how old they are, and why they aren't newer."""

    is_known: bool
    age_s: float
    why: str = ""

    @property
    def is_old(self) -> bool:
        """Whether what it shows may no longer be so."""
        return bool(self.why)

    @property
    def words(self) -> str:
        """What to say above its values; empty when they are as they should be."""
        if not self.is_known:
            return f"Not known yet: {self.why}." if self.why else "Not known yet."
        return f"{duration(self.age_s)} old: {self.why}." if self.why else ""


def panel_of(latest: Latest, *parts: str) -> Panel:
    """Judge what a panel shows of these parts by the oldest of them."""
    snapshot = latest.snapshot
    silent = "the database can't be reached" if latest.is_away else "the collector is silent"
    if snapshot is None:
        return Panel(is_known=False, age_s=0.0, why=silent)
    found = [getattr(snapshot, name) for name in parts]
    read = [part.at for part in found if part.at is not None]
    age_s = latest.age_s + max(((snapshot.at - at).total_seconds() for at in read), default=0.0)
    trouble = next((part.trouble for part in found if part.trouble), "")
    why = (
        silent
        if latest.is_silent or latest.is_away
        else f"it can't be read ({trouble})"
        if trouble
        else ""
    )
    is_known = all(part.value is not None for part in found)
    return Panel(is_known=is_known, age_s=age_s, why=why)
