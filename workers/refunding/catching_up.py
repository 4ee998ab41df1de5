"""Brings in what Stripe's webhook didn't tell us, by Stripe's list of events since the last time.

What is known already has no effect. How far it has come is noted day by day, so that whoever is
killed goes on from there.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Engine

from domain.constants import (
    STRIPE_LISTED_LATE,
    STRIPE_REMEMBERS,
    STRIPE_TELLS_WITHIN,
    STRIPE_WINDOW,
)
from domain.inbox.cursor import known_events, note_seen, seen_until
from domain.inbox.reading import NotUnderstoodError
from domain.inbox.stripe_events import OBJECTS, understand
from domain.inbox.taking import take
from domain.ports import PortTroubleError
from workers.chores.chore import Chore, transaction
from workers.log import logger
from workers.providers.ports import Refused, Trouble
from workers.providers.session import plain
from workers.providers.stripe import EventPage, StripeTill

NAME: Final = "stripe.catch_up"
EVERY: Final = timedelta(hours=1)
_LOG: Final = logger("catching_up")
Said = dict[str, Any]


class EventsNotUnderstoodError(Exception):
    """Some of what Stripe lists isn't as we take it: the log names it. All else was brought in."""


@dataclass(slots=True)
class CatchingUp:
    """Reads Stripe's list as long as `wait` says so, if there is a way to Stripe."""

    till: StripeTill | None
    wait: Callable[[timedelta], bool]
    _has_said: bool = field(default=False, init=False)

    def run(self, engine: Engine, now: datetime) -> int:
        """Bring in what was missed; give how many events that were.

        Raises PortTroubleError while Stripe can't be asked, and EventsNotUnderstoodError.
        """
        if self.till is None:
            if not self._has_said:
                _LOG.info("stripe.not_set_up", hint="set STRIPE_API_KEY to catch up with Stripe")
            self._has_said = True
            return 0
        reading = _Reading(engine, self.till, now, wait=self.wait)
        for since, until in _windows(engine, now):
            if not reading.window(since, until):
                break
        if reading.looked_at:
            counts = {"looked_at": reading.looked_at, "odd": reading.odd}
            _LOG.info("stripe.caught_up", missed=reading.missed, **counts)
        if reading.odd:
            raise EventsNotUnderstoodError
        return reading.missed


def make_catching_up(till: StripeTill | None, wait: Callable[[timedelta], bool]) -> Chore:
    """Give the chore."""
    return Chore(
        NAME,
        EVERY,
        "Reads which events Stripe lists since the last time, and brings in what its webhook"
        " didn't tell us.",
        CatchingUp(till, wait).run,
    )


def _windows(engine: Engine, now: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Give the spans of time that are to be read, oldest first."""
    with transaction(engine) as session:
        seen = seen_until(session)
    oldest, newest = now - STRIPE_REMEMBERS, now - STRIPE_TELLS_WITHIN
    since = oldest if seen is None else max(seen - STRIPE_LISTED_LATE, oldest)
    since, newest = since.replace(microsecond=0), newest.replace(microsecond=0)
    while since < newest:
        until = min(since + STRIPE_WINDOW, newest)
        yield since, until
        since = until


@dataclass(slots=True)
class _Reading:
    """One run: what it has read, what of that was missed, and what wasn't understood."""

    engine: Engine
    till: StripeTill
    now: datetime
    wait: Callable[[timedelta], bool]
    looked_at: int = 0
    missed: int = 0
    odd: int = 0

    def window(self, since: datetime, until: datetime) -> bool:
        """Read what happened in a span of time, and note that; say whether to go on."""
        after: str | None = None
        while self.wait(timedelta()):
            page = _given(self.till.events(list(OBJECTS), since=since, until=until, after=after))
            self._bring_in(page)
            if not page.has_more or not page.events:
                self._note(until)
                return True
            after = str(page.events[-1]["id"])
        return False

    def _note(self, until: datetime) -> None:
        """What is odd is looked at again each time, until somebody has mended why."""
        if not self.odd:
            with transaction(self.engine) as session:
                note_seen(session, until)

    def _bring_in(self, page: EventPage) -> None:
        """Take in what isn't known of a page, oldest first."""
        with transaction(self.engine) as session:
            known = known_events(session, (str(each.get("id")) for each in page.events))
        self.looked_at += len(page.events)
        for said in reversed(page.events):
            if said.get("id") not in known:
                self._take(said)

    def _take(self, said: Said) -> None:
        name = plain(said.get("id"), "?")
        try:
            event = understand(self._in_our_version(said), now=self.now)
        except NotUnderstoodError:
            self.odd += 1
            _LOG.error("stripe.not_understood", stripe_event=name)
            return
        with transaction(self.engine) as session:
            taken = take(session, event)
        if taken.is_new:
            self.missed += 1
            _LOG.warning("stripe.missed", stripe_event=name, type=event.type, state=taken.state)

    def _in_our_version(self, said: Said) -> Said:
        """Raises NotUnderstoodError for an event whose object Stripe doesn't give."""
        answer = self.till.in_our_version(said)
        if isinstance(answer, Refused):
            raise NotUnderstoodError(answer.code)
        given: Said = _given(answer)
        return given


def _given(answer: Any) -> Any:
    """Give what was answered; raises PortTroubleError if nothing was."""
    if isinstance(answer, Refused | Trouble):
        raise PortTroubleError(answer.code)
    return answer
