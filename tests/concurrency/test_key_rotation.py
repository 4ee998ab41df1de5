"""Two who rotate one key at once make a row of keys, each of which follows one."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Final

from sqlalchemy import Engine
from sqlmodel import Session

from tests.helpers.said import rows
from workers.embedded.files import wait_until
from workers.key_rotation import rotate_key
from workers.keys import create_key, list_keys

HOUR: Final = timedelta(hours=1)


def test_the_second_rotates_what_the_first_has_made(engine: Engine) -> None:
    with Session(engine) as session:
        create_key(session, "api", types=["*"])
        session.commit()

    def rotate() -> None:
        with Session(engine) as session, session.begin():
            rotate_key(session, "api", overlap=HOUR, by="bo")

    with ThreadPoolExecutor(1) as pool:
        with Session(engine) as first, first.begin():
            rotate_key(first, "api", overlap=HOUR, by="ada")
            second = pool.submit(rotate)
            wait_until(lambda: _waits(engine), timedelta(seconds=10))
        second.result()
    with Session(engine) as session:
        entries = list_keys(session)
    assert [entry.ends_at is None for entry in entries] == [False, False, True]
    assert len({entry.key.account for entry in entries}) == 1


def _waits(engine: Engine) -> bool:
    statement = "SELECT FROM pg_stat_activity WHERE datname = current_database()"
    return len(rows(engine, f"{statement} AND wait_event_type = 'Lock'")) > 0
