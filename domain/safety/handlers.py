"""Applies what people do for their safety: blocks are kept with their times."""

from datetime import datetime

from sqlmodel import Session

from domain.batch import Batch, Effects
from domain.safety.payloads import UserBlocked, UserUnblocked
from domain.sql import insert_missing


def apply_user_blocked(session: Session, batch: Batch[UserBlocked], now: datetime) -> Effects:
    """Keep blocks."""
    del now
    _keep(session, batch, blocks=True)
    return Effects()


def apply_user_unblocked(session: Session, batch: Batch[UserUnblocked], now: datetime) -> Effects:
    """Keep ends of blocks."""
    del now
    _keep(session, batch, blocks=False)
    return Effects()


def _keep(
    session: Session, batch: Batch[UserBlocked] | Batch[UserUnblocked], *, blocks: bool
) -> None:
    rows = [
        {**e.payload.model_dump(), "at": e.time, "id": e.id, "source": e.source, "blocks": blocks}
        for e in sorted(
            batch, key=lambda e: (e.payload.blocker_id, e.payload.blocked_id, e.source, e.id)
        )
    ]
    insert_missing(session, "block_facts", rows)
