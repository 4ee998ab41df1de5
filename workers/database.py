"""How a process connects to Postgres: as its role, with limits on every wait.

The role is taken when connecting, by whoever the URL names; a process that has a URL of its own may
sign in as its role. See domain/roles.py.
"""

from datetime import timedelta
from typing import Final

from sqlalchemy import Engine, create_engine
from sqlalchemy.engine import URL, make_url

from domain.roles import limits_of, role_of

CONNECT: Final = timedelta(seconds=5)
# A link that went silent is given up after this long, not after the system's quarter of an hour.
SILENCE: Final = timedelta(seconds=10)
RECYCLE: Final = timedelta(minutes=30)
POOL_WAIT: Final = timedelta(seconds=10)
# They answer a person or a service, who mustn't meet a connection that died in the pool. The
# others repeat what failed, and save the round trip.
PINGED_FIRST: Final = frozenset({"gateway", "dashboard"})


def make_engine(
    database_url: str, *, process: str, pool_size: int, called: str | None = None
) -> Engine:
    """An engine for one of our processes; it connects when first used.

    `process` says as which role it acts, and names it in `pg_stat_activity` unless it is `called`
    something else there. A parameter that the URL sets itself wins.
    """
    url = psycopg_url(database_url)
    return create_engine(
        url.difference_update_query(["options"]),
        connect_args=_connect_arguments(url, process, called=called or process),
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


def _connect_arguments(url: URL, process: str, *, called: str) -> dict[str, str | int]:
    seconds = int(SILENCE.total_seconds())
    defaults: dict[str, str | int] = {
        "application_name": f"momento-{called}",
        "connect_timeout": int(CONNECT.total_seconds()),
        "keepalives": 1,
        "keepalives_idle": seconds,
        "keepalives_interval": 3,
        "keepalives_count": 3,
        "tcp_user_timeout": _milliseconds(SILENCE),
    }
    arguments = {name: value for name, value in defaults.items() if name not in url.query}
    theirs = str(url.query.get("options", ""))
    ours = _session_options(process, takes_role="role=" not in theirs)
    return arguments | {"options": f"{ours} {theirs}".strip()}


def _session_options(process: str, *, takes_role: bool) -> str:
    options = {name: f"{_milliseconds(limit)}" for name, limit in limits_of(process).items()}
    # Ours would be refused before theirs is read.
    if takes_role and (role := role_of(process)) is not None:
        options["role"] = role
    return " ".join(f"-c {name}={value}" for name, value in options.items())


def takes_roles(database_url: str) -> bool:
    """Whether processes act as their roles there: unless the URL names one, or none, itself."""
    return "role=" not in str(psycopg_url(database_url).query.get("options", ""))


def _milliseconds(duration: timedelta) -> int:
    return int(duration.total_seconds() * 1000)
