"""`/livez` and `/readyz`: whether the process serves, and whether it can do its work."""

import asyncio
import re
from functools import cache
from pathlib import Path
from typing import Final

import psycopg
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import JSONResponse

import domain.migrations
from gateway.context import context_of
from gateway.problems import Kind, retry_later

ANSWER_WITHIN_S: Final = 3.0
SILENT: Final = f"the database doesn't answer within {ANSWER_WITHIN_S:g} seconds"
AWAY: Final = "the database can't be reached"
NEVER_MIGRATED: Final = "the database was never migrated; run momento migrate"
NO_ROLE: Final = re.compile(r'role "momento_[a-z]+" does not exist')
BEHIND: Final = "the database is at an older revision; run momento migrate"


async def live(_request: Request) -> JSONResponse:
    """Answer: who can, is alive."""
    return JSONResponse({"status": "ok"})


async def ready(request: Request) -> JSONResponse:
    """Say whether domain events can be published now, and else which check failed."""
    context = context_of(request)
    try:
        async with asyncio.timeout(ANSWER_WITHIN_S):
            failed = await context.in_thread(lambda: find_trouble(context.engine))
    except TimeoutError:
        failed = ("database", SILENT)
    if failed is not None:
        check, why = failed
        members = {"failed": check}
        raise retry_later(Kind.UNAVAILABLE, f"Not ready: {why}.", seconds=2, members=members)
    return JSONResponse({"status": "ok", "checks": ["database", "migrations"]})


def find_trouble(engine: Engine) -> tuple[str, str] | None:
    """Which check fails, and why; None if all is well."""
    try:
        with engine.connect() as connection:
            if connection.scalar(text("SELECT to_regclass('alembic_version')")) is None:
                return "migrations", NEVER_MIGRATED
            found = set(connection.scalars(text("SELECT version_num FROM alembic_version")))
    except (SQLAlchemyError, psycopg.Error) as error:
        # Whoever has never migrated a database of this server has not made our roles.
        return ("migrations", NEVER_MIGRATED) if NO_ROLE.search(str(error)) else ("database", AWAY)
    return _migrations_trouble(found)


def _migrations_trouble(found: set[str]) -> tuple[str, str] | None:
    if not found:
        return "migrations", NEVER_MIGRATED
    known, heads = _revisions()
    # One that we don't know is newer than we are: an upgrade is on its way, and it is additive.
    if found <= known and found != heads:
        return "migrations", BEHIND
    return None


@cache
def _revisions() -> tuple[frozenset[str], frozenset[str]]:
    """The revisions that this version knows, and the newest of them."""
    scripts = ScriptDirectory(str(Path(domain.migrations.__file__).parent))
    known = frozenset(script.revision for script in scripts.walk_revisions())
    return known, frozenset(scripts.get_heads())
