"""How a process connects to Postgres: limits on every wait, so that nothing hangs for ever."""

from datetime import timedelta
from typing import Final

from sqlalchemy import Engine, create_engine
from sqlalchemy.engine import URL, make_url

CONNECT: Final = timedelta(seconds=5)
# A link that went silent is given up after this long, not after the system's quarter of an hour.
SILENCE: Final = timedelta(seconds=10)
RECYCLE: Final = timedelta(minutes=30)
POOL_WAIT: Final = timedelta(seconds=10)

STATEMENT: Final = timedelta(seconds=30)
LOCK: Final = timedelta(seconds=10)
# A worker's batches take a fraction of this, and what hangs in one holds up its lane.
BATCH_STATEMENT: Final = timedelta(seconds=10)
# Below it, so that who only waits for others isn't taken for one that hangs.
BATCH_LOCK: Final = timedelta(seconds=5)
# Ends the transaction of a worker that was stopped or swapped out, before anyone else waits long.
IDLE_IN_TRANSACTION: Final = timedelta(seconds=10)
# What a scheduler that was stopped has not committed is gone before another one leads, which may
# want the same rows, and which is within ten seconds.
SCHEDULER_IDLE_IN_TRANSACTION: Final = timedelta(seconds=4)

# They answer a person or a service, who mustn't meet a connection that died in the pool. The
# others repeat what failed, and save the round trip.
PINGED_FIRST: Final = frozenset({"gateway", "dashboard"})


def make_engine(database_url: str, *, process: str, pool_size: int) -> Engine:
    """An engine for one of our processes; it connects when first used.

    `process` names it in `pg_stat_activity`. A parameter that the URL sets itself wins.
    """
    url = psycopg_url(database_url)
    return create_engine(
        url.difference_update_query(["options"]),
        connect_args=_connect_arguments(url, process),
        # What a statement carries may be personal, and errors are logged.
        hide_parameters=True,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=POOL_WAIT.total_seconds(),
        pool_recycle=int(RECYCLE.total_seconds()),
        pool_use_lifo=True,
        pool_pre_ping=process in PINGED_FIRST,
    )


def psycopg_url(database_url: str) -> URL:
    """The URL with psycopg 3 named as its driver, which SQLAlchemy wants to be told."""
    return make_url(database_url).set(drivername="postgresql+psycopg")


def _connect_arguments(url: URL, process: str) -> dict[str, str | int]:
    seconds = int(SILENCE.total_seconds())
    defaults: dict[str, str | int] = {
        "application_name": f"momento-{process}",
        "connect_timeout": int(CONNECT.total_seconds()),
        "keepalives": 1,
        "keepalives_idle": seconds,
        "keepalives_interval": 3,
        "keepalives_count": 3,
        "tcp_user_timeout": _milliseconds(SILENCE),
    }
    arguments = {name: value for name, value in defaults.items() if name not in url.query}
    theirs = url.query.get("options", "")
    return arguments | {"options": f"{_session_options(process)} {theirs}".strip()}


def _session_options(process: str) -> str:
    is_worker = process == "worker"
    limits = {
        "statement_timeout": BATCH_STATEMENT if is_worker else STATEMENT,
        "lock_timeout": BATCH_LOCK if is_worker else LOCK,
        "idle_in_transaction_session_timeout": IDLE_IN_TRANSACTION,
    }
    if process == "scheduler":
        # Who leads next meets the ticks that this one has not committed: they go with it.
        limits["client_connection_check_interval"] = timedelta(seconds=1)
        limits["idle_in_transaction_session_timeout"] = SCHEDULER_IDLE_IN_TRANSACTION
    return " ".join(f"-c {name}={_milliseconds(limit)}" for name, limit in limits.items())


def _milliseconds(duration: timedelta) -> int:
    return int(duration.total_seconds() * 1000)
