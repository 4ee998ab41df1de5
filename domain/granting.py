"""Brings a database to what domain/roles.py states: the roles, their limits and their rights.

Only what differs is changed, so that a second time changes nothing, and processes at work notice
nothing. Roles belong to the whole server and rights to one database: several databases of a server
may be brought up to date at once.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from typing import Final, NamedTuple

import psycopg
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from domain.roles import (
    CALLS,
    MONTHS,
    PROCESSES,
    RIGHTS,
    SEQUENCES,
    limits_of,
    role_of,
)

MONTH: Final = re.compile(r"domain_events_[0-9]{4}_[0-9]{2}")
_WORD: Final = re.compile(r"(select|insert|update|delete)(?:\(([a-z0-9_, ]+)\))?(?: |$)")
# It came to be meanwhile, by somebody who migrates another database of this server.
_MADE_BY_OTHERS: Final = (psycopg.errors.DuplicateObject, psycopg.errors.UniqueViolation)


class Right(NamedTuple):
    """One thing that a role may do: to a whole table, or to one column of it."""

    role: str
    kind: str
    name: str
    verb: str
    column: str | None = None

    def __str__(self) -> str:
        """Write it as GRANT and REVOKE do, without who."""
        columns = "" if self.column is None else f" ({self.column})"
        return f"{self.verb}{columns} ON {self.kind} {self.name}"


class RolesMissingError(Exception):
    """Roles are missing, and whoever migrates may not make them; says what to do."""

    def __init__(self, user: str, roles: Iterable[str]) -> None:
        """`user` migrates; `roles` are all that it needs."""
        lines = [f"CREATE ROLE {role} NOLOGIN;" for role in roles]
        lines += [f'GRANT {role} TO "{user}";' for role in roles]
        super().__init__(
            f'The user "{user}" may not make the roles of the processes. Have somebody who may'
            " run this once, and migrate again:\n"
            + "\n".join(lines)
            + "\nOr add options=-c%20role%3Dnone to DATABASE_URL: then every process may do all"
            " that this user may."
        )


def establish(connection: Connection) -> None:
    """Make the roles that are missing, and see to it that each may do what is stated, no more.

    Raises RolesMissingError where that isn't allowed.
    """
    _make_roles(connection)
    _set_limits(connection)
    found, stated = rights_found(connection), rights_stated(connection)
    for right in sorted(found - stated, key=str):
        connection.execute(text(f"REVOKE {right} FROM {right.role}"))
    for right in sorted(stated - found, key=str):
        connection.execute(text(f"GRANT {right} TO {right.role}"))


def rights_stated(connection: Connection) -> set[Right]:
    """Give what domain/roles.py states, of what there is in this database."""
    tables = set(connection.scalars(text(_TABLES)))
    months = [name for name in tables if MONTH.fullmatch(name)]
    stated = {
        right
        for process in PROCESSES
        for right in _rights_of(process, RIGHTS[process], tables=tables)
    }
    for process, words in MONTHS.items():
        stated |= set(_rights_of(process, dict.fromkeys(months, words), tables=tables))
    for process, calls in CALLS.items():
        stated |= {Right(f"{role_of(process)}", "FUNCTION", call, "EXECUTE") for call in calls}
    for process, sequence in SEQUENCES.items():
        stated.add(Right(f"{role_of(process)}", "SEQUENCE", sequence, "USAGE"))
    schema = connection.scalar(text("SELECT quote_ident(current_schema())"))
    stated |= {Right(f"{role_of(each)}", "SCHEMA", f"{schema}", "USAGE") for each in PROCESSES}
    return stated


def _rights_of(process: str, said: Mapping[str, str], *, tables: set[str]) -> Iterator[Right]:
    role = f"{role_of(process)}"
    for table, words in said.items():
        if table not in tables:
            continue
        assert not _WORD.sub("", words), f"{process}, {table}: {words}"
        for verb, columns in _WORD.findall(words):
            for column in columns.split(",") if columns else (None,):
                yield Right(role, "TABLE", table, verb.upper(), column and column.strip())


def rights_found(connection: Connection) -> set[Right]:
    """Give what our roles may do in this database."""
    roles = [role_of(process) for process in PROCESSES]
    rows = connection.execute(text(_FOUND), {"roles": roles})
    return {Right(*row) for row in rows}


def _make_roles(connection: Connection) -> None:
    """Make the roles that are missing, and be one of each, so as to be able to act as it."""
    roles = [f"{role_of(process)}" for process in PROCESSES]
    there = set(
        connection.scalars(text("SELECT rolname FROM pg_roles WHERE rolname ~ '^momento_'"))
    )
    user = connection.scalar(text("SELECT current_user"))
    try:
        for role in roles:
            if role not in there:
                _make_role(connection, role)
        for role in roles:
            # As a superuser one is everybody.
            if not connection.scalar(text("SELECT pg_has_role(:role, 'USAGE')"), {"role": role}):
                connection.execute(text(f"GRANT {role} TO CURRENT_USER"))
    except DBAPIError as error:
        if isinstance(error.orig, psycopg.errors.InsufficientPrivilege):
            raise RolesMissingError(f"{user}", roles) from None
        raise


def _make_role(connection: Connection, role: str) -> None:
    try:
        with connection.begin_nested():
            connection.execute(text(f"CREATE ROLE {role} NOLOGIN"))
    except DBAPIError as error:
        if not isinstance(error.orig, _MADE_BY_OTHERS):
            raise


def _set_limits(connection: Connection) -> None:
    """Set the limits of who signs in as one of the roles.

    Who acts as one brings them along with each connection: see workers/database.py.
    """
    database = connection.scalar(text("SELECT quote_ident(current_database())"))
    for process in PROCESSES:
        role, limits = f"{role_of(process)}", limits_of(process)
        wanted = {f"{name}={_milliseconds(limit)}" for name, limit in limits.items()}
        found = set(connection.scalars(text(_LIMITS), {"role": role}))
        if wanted <= found:
            continue
        try:
            with connection.begin_nested():
                for name, limit in limits.items():
                    connection.execute(
                        text(
                            f"ALTER ROLE {role} IN DATABASE {database}"
                            f" SET {name} = '{_milliseconds(limit)}'"
                        )
                    )
        except DBAPIError as error:
            # Whoever made the role for us has kept it.
            if not isinstance(error.orig, psycopg.errors.InsufficientPrivilege):
                raise


def _milliseconds(limit: timedelta) -> str:
    return f"{int(limit.total_seconds() * 1_000)}ms"


_TABLES: Final = """
    SELECT relname FROM pg_class
    WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p')
"""
_LIMITS: Final = """
    SELECT unnest(said.setconfig) FROM pg_db_role_setting AS said
    JOIN pg_roles AS role ON role.oid = said.setrole
    JOIN pg_database AS here ON here.oid = said.setdatabase
    WHERE role.rolname = :role AND here.datname = current_database()
"""
_FOUND: Final = """
    WITH ours AS (SELECT oid, rolname FROM pg_roles WHERE rolname = ANY(:roles)),
    here AS (
        SELECT oid, relname, relkind, relacl FROM pg_class
        WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p', 'S')
    )
    SELECT ours.rolname, CASE relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, relname,
        one.privilege_type, NULL
    FROM here CROSS JOIN aclexplode(relacl) AS one JOIN ours ON ours.oid = one.grantee
    UNION ALL
    SELECT ours.rolname, 'TABLE', relname, one.privilege_type, attname
    FROM here JOIN pg_attribute ON attrelid = here.oid
    CROSS JOIN aclexplode(attacl) AS one JOIN ours ON ours.oid = one.grantee
    UNION ALL
    SELECT ours.rolname, 'FUNCTION',
        proname || '(' || array_to_string(
            ARRAY(SELECT given::regtype FROM unnest(proargtypes) AS given), ', '
        ) || ')',
        one.privilege_type, NULL
    FROM pg_proc CROSS JOIN aclexplode(proacl) AS one JOIN ours ON ours.oid = one.grantee
    WHERE pronamespace = current_schema()::regnamespace
    UNION ALL
    SELECT ours.rolname, 'SCHEMA', quote_ident(nspname), one.privilege_type, NULL
    FROM pg_namespace CROSS JOIN aclexplode(nspacl) AS one JOIN ours ON ours.oid = one.grantee
    WHERE nspname = current_schema()
"""
