"""What kills its process: the note of what is in hand, and what becomes of it afterwards."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from sqlmodel import Session

from domain.constants import KILLED_ATTEMPTS
from domain.fingerprint import KILLED as KILLED_KIND
from domain.sql import array, execute, fetch


def note_in_hand(
    session: Session, handler: str, seqs: list[int], backend: tuple[int, datetime]
) -> None:
    """Leave evidence of what a connection is about to apply, for when its process is killed."""
    execute(
        session,
        """
        INSERT INTO in_hand (backend_pid, backend_start, handler, seqs, noted_at)
        VALUES (%(pid)s, %(start)s, %(handler)s, %(seqs)s, clock_timestamp())
        ON CONFLICT (backend_pid, backend_start) DO UPDATE
        SET handler = excluded.handler, seqs = excluded.seqs, noted_at = excluded.noted_at
        """,
        pid=backend[0],
        start=backend[1],
        handler=handler,
        seqs=_ranges(seqs),
    )


def put_down(session: Session) -> None:
    """Take back the note, in the transaction of the work, when rows of the batch stay due.

    Else the end of this connection, weeks later perhaps, would be counted as a death of theirs.
    """
    execute(session, "DELETE FROM in_hand WHERE backend_pid = pg_backend_pid()")


def _ranges(seqs: Iterable[int]) -> str:
    """Write numbers as a multirange, since those of a batch mostly follow one another."""
    ranges: list[list[int]] = []
    for seq in sorted(seqs):
        if ranges and seq == ranges[-1][1] + 1:
            ranges[-1][1] = seq
        else:
            ranges.append([seq, seq])
    return array(f"[{first},{last}]" for first, last in ranges)


KILLED = "its process was killed or stopped while applying it"


def count_deaths_by_handler(session: Session, now: datetime) -> Counter[tuple[str, bool]]:
    """Count a death for what was in hand when a connection ended.

    Gives how many deliveries of each handler, and whether they are dead now.

    What had been settled by then isn't touched, nor what a restart of Postgres itself ended. The
    fifth death makes a delivery dead; before, it is tried in ever smaller company.
    """
    rows = fetch(
        session,
        """
        WITH gone AS (
            DELETE FROM in_hand AS held
            WHERE NOT EXISTS (
                SELECT FROM momento_live_backends() AS alive
                WHERE alive.pid = held.backend_pid
                    -- Null where the server won't say: then nobody is taken for dead.
                    AND coalesce(alive.backend_start = held.backend_start, true)
            )
            RETURNING handler, seqs, noted_at
        )
        UPDATE deliveries AS row SET deaths = deaths + 1,
            state = CASE WHEN deaths + 1 >= %(limit)s THEN 'dead' ELSE state END,
            due_at = CASE WHEN deaths + 1 >= %(limit)s THEN NULL ELSE %(now)s END,
            error = %(error)s,
            fingerprint = %(killed)s,
            settled_at = CASE WHEN deaths + 1 >= %(limit)s THEN clock_timestamp() END
        FROM gone
        WHERE row.handler = gone.handler AND row.seq <@ gone.seqs AND row.due_at IS NOT NULL
            AND gone.noted_at > pg_postmaster_start_time()
        RETURNING row.handler, row.state = 'dead'
        """,
        limit=KILLED_ATTEMPTS,
        killed=KILLED_KIND,
        now=now,
        error=KILLED,
    )
    return Counter((handler, is_dead) for handler, is_dead in rows)
