"""`?at=`: how everything stood at a moment of the last week, from the snapshots that are kept.

A page that is rewound renews nothing and does nothing, and says so on top. What it shows is one
snapshot; its links lead to how things are now.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from starlette.requests import Request

from dashboard.context import EARLIER, context_of
from dashboard.links import with_query
from dashboard.passing import past
from dashboard.snapshots import Latest
from domain.figures.snapshot import Snapshot
from domain.figures.store import Around, latest_snapshot, snapshots_around

STEP: Final = timedelta(minutes=5)
# Of what is older than two hours one snapshot a minute is kept. What is further off from the moment
# that was asked for would be taken for something that it isn't.
APART: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Rewound:
    """The moment that was asked for, what is kept of then, and on which page."""

    path: str
    asked: datetime
    around: Around
    before: Snapshot | None = None

    @property
    def snapshot(self) -> Snapshot | None:
        """How it stood; None if nothing is kept from then, or another version wrote it."""
        at = self.around.at
        is_near = at is not None and abs(at - self.asked) <= APART
        return self.around.snapshot if is_near else None

    @property
    def latest(self) -> Latest:
        """What was the newest then, as fresh as it was."""
        return Latest(self.snapshot, 0.0)

    @property
    def earlier(self) -> str | None:
        """The same page five minutes before; None where nothing is kept."""
        return self._to(self.asked - STEP)

    @property
    def later(self) -> str | None:
        """The same page five minutes after."""
        return self._to(self.asked + STEP)

    @property
    def nearest(self) -> str | None:
        """The same page at the moment nearest to the one that was asked for of which it is kept."""
        at = self.around.at
        return None if at is None or self.around.snapshot is None else self._to(at)

    def _to(self, moment: datetime) -> str | None:
        first, last = self.around.first, self.around.last
        if first is None or last is None or not first - APART <= moment <= last + APART:
            return None
        return with_query(self.path, at=f"{moment:%Y-%m-%dT%H:%M:%SZ}")


async def rewind(request: Request) -> Rewound | None:
    """Read what is kept from the moment that the URL names; None if it names none.

    Raises HTTPException (400) for what can't be read, or has not been yet.
    """
    context = context_of(request)
    asked = past(request.query_params, "at", now=context.clock())
    if asked is None:
        return None
    around = await context.look(lambda session: snapshots_around(session, asked))
    then = Rewound(request.url.path, asked, around)
    if then.snapshot is None:
        return then
    early = then.snapshot.at - EARLIER
    kept = await context.look(lambda session: latest_snapshot(session, at=early))
    return Rewound(request.url.path, asked, around, kept.snapshot if kept else None)
