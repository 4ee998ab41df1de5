"""Ports that rest, and clocks that are wrong."""

from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import Engine
from sqlmodel import Session

from domain.constants import REST_LONGEST_PAUSE
from domain.ports import PortTroubleError
from domain.resting import is_resting, rest

NOW: Final = datetime(2026, 6, 1, 12, tzinfo=UTC)


def test_a_clock_that_was_far_ahead_stops_nobody(engine: Engine) -> None:
    trouble = PortTroubleError("timeout")
    with Session(engine) as session:
        rest(session, "refunds", trouble, now=NOW + timedelta(days=365))
        assert not is_resting(session, "refunds", now=NOW)
        pause = rest(session, "refunds", trouble, now=NOW)
        assert is_resting(session, "refunds", now=NOW)
        assert not is_resting(session, "refunds", now=NOW + pause + REST_LONGEST_PAUSE)
