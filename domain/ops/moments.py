"""From a moment to a number of the ledger, without an index on time."""

from datetime import datetime

from sqlmodel import Session

from domain.sql import fetch


def seq_at(session: Session, moment: datetime) -> int:
    """Give a number such that what was received about then lies around it.

    By halves, on the primary key: some thirty rows are read, however many there are.
    """
    ((low, high),) = fetch(
        session,
        "SELECT coalesce(min(seq), 0), coalesce(max(seq), 0) + 1 FROM deliveries",
    )
    while low < high:
        middle = (low + high) // 2
        rows = fetch(
            session,
            "SELECT seq, received_at FROM deliveries WHERE seq >= %(middle)s AND seq < %(high)s"
            " ORDER BY seq LIMIT 1",
            middle=middle,
            high=high,
        )
        if not rows or rows[0][1] >= moment:
            high = middle
        else:
            low = rows[0][0] + 1
    number: int = low
    return number
