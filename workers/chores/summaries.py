"""Sums up comments: takes what is wanted in hand, asks outside of any transaction, writes."""

import time
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Engine

from domain.constants import SUMMARY_LIMIT_CHARACTERS
from domain.ports import PortRefusalError, Summariser, as_trouble
from domain.ratings.feedback import Wanted, give_back, put_off, take, write
from domain.resting import end_rest, is_resting, rest
from workers.chores.chore import transaction
from workers.log import logger

PORT: Final = "summaries"
# After this long another tick goes on.
SLICE: Final = timedelta(seconds=2)
_LOG: Final = logger("chores")


def make_summaries(engine: Engine, summariser: Summariser, *, now: datetime) -> int:
    """Make what is wanted, one by one, for a while; give how many were written."""
    ends = time.monotonic() + SLICE.total_seconds()
    total = 0
    while time.monotonic() < ends:
        wanted = _take(engine, now=now)
        if wanted is None or not _sum_up(engine, summariser, wanted=wanted, now=now):
            break
        total += 1
    return total


def _take(engine: Engine, *, now: datetime) -> Wanted | None:
    """Take one in hand, unless there is none or the port is at rest."""
    with transaction(engine) as session:
        if is_resting(session, PORT, now=now):
            return None
        taken = take(session, limit=1, now=now)
    return taken[0] if taken else None


def _sum_up(engine: Engine, summariser: Summariser, *, wanted: Wanted, now: datetime) -> bool:
    """Ask for one summary and write it; say whether there may be more to do."""
    try:
        summary = summariser.summarise(wanted.comments).strip()[:SUMMARY_LIMIT_CHARACTERS]
    except PortRefusalError as refusal:
        _LOG.warning("port.refused", port=PORT, reason=refusal.reason)
        with transaction(engine) as session:
            put_off(session, wanted, now=now)
        return True
    except Exception as error:  # noqa: BLE001 - whatever it is, the port is left alone
        trouble = as_trouble(error)
        with transaction(engine) as session:
            give_back(session, [wanted], now=now)
            pause = rest(session, PORT, trouble, now=now)
        _LOG.warning("port.resting", port=PORT, reason=trouble.reason, pause=str(pause))
        return False
    with transaction(engine) as session:
        if not write(session, wanted, summary=summary):
            # Other comments than these are wanted by now, or the row was never of these: asked
            # again at once, such a one would be asked for ever.
            put_off(session, wanted, now=now)
        end_rest(session, PORT)
    return True
