"""A dashboard with something to see: an evening that was applied, and deliveries that died."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import Engine, text
from sqlmodel import Session

from domain.figures.store import keep_snapshot
from domain.ops.stepping import step_operations
from domain.tables.accounts import Role
from domain.tables.kudos import Kudo
from tests.factories.snapshots import well
from tests.helpers.drinks import drinks_for_two
from tests.helpers.pages import END
from tests.helpers.telling import tell
from workers.accounts import create_account
from workers.sandbox.journal import Entry, Journal

PASSWORD: Final = "a kettle of fish"
# Text that would do something if it weren't escaped, in HTML, in an attribute and in a script.
HOSTILE: Final = "\"'><script>window.hurt=1</script><img src=x onerror=window.hurt=1>{{7*7}}${7*7}"
KUDOS: Final = "kudos.apply_kudos_given"


def furnish(engine: Engine) -> None:
    """Fill a database, and make an account for each role; its name is the role's."""
    diary = drinks_for_two(phones=True)
    diary.pages.append(diary.thanked("drinks", "Ada", "Bo", Kudo.HELPFUL, at=END))
    tell(engine, diary.pages)
    with Session(engine) as session, session.begin():
        for role in Role:
            create_account(session, role.value, role=role, password=PASSWORD)


def a_journal(directory: Path) -> Path:
    """Give that of a sandbox that has taken a push and a text."""
    journal = Journal(directory)
    push = {"to": "ExponentPushToken[abcd1234]", "title": "You have a seat", "body": "See you."}
    text_ = {"To": "+4915112345678", "Body": "Momento: You're invited."}
    for provider, what, asked in (("expo", "POST /push/send", push), ("twilio", "POST", text_)):
        journal.write(Entry(datetime.now(UTC), provider, what, asked, 200, None))
    journal.close()
    return journal.path


def kill(engine: Engine, handler: str, error: str, *, count: int, ago: timedelta) -> list[int]:
    """Have deliveries of a made-up domain event die of an error; their numbers."""
    now = datetime.now(UTC)
    with engine.begin() as connection:
        rows = connection.execute(
            text(
                """
                WITH numbered AS (
                    SELECT greatest((SELECT max(seq) FROM domain_events), 1000) + n AS seq
                    FROM generate_series(1, :count) AS n
                ), said AS (
                    INSERT INTO domain_events (seq, source, id, type, subject, time, received_at,
                        data)
                    SELECT seq, '/services/test', 'made-up-' || seq,
                        'app.momento.kudos.given.v1', 'made-up-' || seq, :died, :received, '{}'
                    FROM numbered
                )
                INSERT INTO deliveries (seq, handler, lane, received_at, state, attempts, error,
                    fingerprint, settled_at)
                SELECT seq, :handler, 'afterwards', :received, 'dead', 8, CAST(:error AS text),
                    CAST(:error AS text), :died
                FROM numbered RETURNING seq
                """
            ),
            {
                "count": count,
                "handler": handler,
                "error": error,
                "died": now - ago,
                "received": now - ago - timedelta(minutes=1),
            },
        )
        return sorted(row.seq for row in rows)


def remember(engine: Engine) -> None:
    """Keep a snapshot of how everything stands just now, to be rewound to."""
    with Session(engine) as session, session.begin():
        keep_snapshot(session, replace(well(), at=datetime.now(UTC)), is_kept=True)


def step(engine: Engine) -> int:
    """Take what is done in bulk a step further, as the scheduler does each second."""
    with Session(engine) as session, session.begin():
        return step_operations(session, datetime.now(UTC))


def settle_pending(engine: Engine, handler: str, state: str = "done") -> None:
    """Have the workers be done with what is due."""
    with engine.begin() as connection:
        connection.execute(
            text(
                "UPDATE deliveries SET state = :state, settled_at = now(), due_at = NULL"
                " WHERE handler = :handler AND state = 'pending'"
            ),
            {"handler": handler, "state": state},
        )


@dataclass(frozen=True)
class Site:
    """A dashboard that serves, and the database that it shows."""

    url: str
    engine: Engine
