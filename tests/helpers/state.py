"""The state that the one property speaks of, read out whole and compared row by row."""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from sqlalchemy import Engine, Table, UniqueConstraint, text
from sqlmodel import SQLModel

from domain.tables import accounts, figures, inbox, keys, ledger, metadata, ops, refunds, schedules
from domain.tables.matching import EventCandidate, MatchingRequest, PortRest

Row = dict[str, Any]
State = dict[str, list[Row]]

# What is still to be made, and which port is at rest, is machinery. Proposals are a snapshot: who
# fitted when an event could first be matched, which depends on what had arrived by then.
OF_MATCHING: Final = frozenset(
    str(made.__tablename__) for made in (MatchingRequest, PortRest, EventCandidate)
)
# What people are told on the way may depend on the order, as rules.md has it: what was due, what
# had become one and what nobody was concerned by any more when it was heard of.
TOLD: Final = frozenset({"notifications"})
# Tables of the machinery: the ledger, the clock, accounts and keys, figures, what ops did, what
# providers told us before it became domain events, what Stripe was asked to refund (that a refund
# once asked for stands is decided at the moment of applying), and these.
MACHINERY: Final = (
    OF_MATCHING
    | TOLD
    | frozenset(
        str(made.__tablename__)
        for module in (ledger, schedules, accounts, keys, inbox, refunds, figures, ops)
        for made in vars(module).values()
        if isinstance(made, type)
        and issubclass(made, SQLModel)
        and made.__module__ == module.__name__
    )
)
# Decided at the moment of applying: who was given a seat, and that a refund once asked for stands.
# Published on the way: for what a host was flagged before, and when.
DECIDED: Final = frozenset({"seat_decisions", "host_flags"})
# When rows were made and changed is exempt in every table, but for what the rules name.
WHEN: Final = frozenset({"created_at", "updated_at"})
TOLD_BY_DOMAIN_EVENTS: Final = {"conversations": frozenset({"updated_at"})}
# What the clock reminded of is told on the way, and remembered by the thing.
REMINDED: Final = frozenset({"reminded_for"})
EXEMPT: Final = {
    "users": frozenset({"user_number", "subscription_reminded_for"}),
    "events": frozenset({"reminded_24h_for", "reminded_2h_for"}),
    "invitations": REMINDED,
    "duos": REMINDED,
    "profile_photos": frozenset({"badge_reminded_for", "badge_ended_for"}),
    "support_tickets": frozenset({"ticket_number"}),
    "ratings": frozenset({"id"}),
    "attendee_kudos": frozenset({"id"}),
    # How often a summary was refused is the port's affair.
    "feedback_summaries": frozenset({"attempts"}),
    "connections": frozenset({"snapshot_name", "snapshot_face_card_url", "was_photo_authentic"}),
    # The newest link at the moment of sharing: a snapshot.
    "social_connections": frozenset({"shared_url"}),
    # A surrogate, numbered in the order of arrival.
    "interests": frozenset({"id"}),
}
# A name that nobody but the erased ever selected may be there or not.
_SELECTED: Final = (
    "SELECT btrim(jsonb_array_elements_text(data -> 'interests')) FROM user_facts"
    " WHERE kind = 'interests.selected'"
)
# Rows that refer to a surrogate id are read with what that stands for.
READ: Final = {
    "interests": f"SELECT to_jsonb(kept) FROM interests AS kept WHERE name IN ({_SELECTED})",
    "embeddings": "SELECT to_jsonb(kept) FROM embeddings AS kept WHERE kind <> 'interest'"
    f" OR target IN ({_SELECTED})",
    "profile_interests": "SELECT to_jsonb(kept) - 'interest_id'"
    " || jsonb_build_object('interest', interests.name)"
    " FROM profile_interests AS kept JOIN interests ON interests.id = kept.interest_id",
}
KEYS: Final = {"profile_interests": ["user_id", "interest"]}


def _is_said_by_others(row: Row) -> bool:
    """A refund is asked for by the workers, on the way to the final state."""
    return bool(row["kind"] != "refund.requested")


# Facts that are kept or not, as the way there has it, and that mean nothing in the end.
KEPT: Final[Mapping[str, Callable[[Row], bool]]] = {"payment_facts": _is_said_by_others}
# Lists of which only the members mean something.
SETS: Final = {"attendee_kudos": ("given_times",)}


def domain_tables() -> list[Table]:
    """The tables that hold what the workers make true."""
    return [table for table in metadata.sorted_tables if table.name not in MACHINERY | DECIDED]


def snapshot(engine: Engine) -> State:
    """Read every domain table, without what the rules exempt; floats to the last bit."""
    with engine.connect() as connection:
        connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
        connection.execute(text("SET LOCAL TIME ZONE 'UTC'"))
        # A machine that stands still for a while is no reason to see nothing.
        connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
        state: State = {}
        for table in domain_tables():
            whole = f'SELECT to_jsonb(kept) FROM "{table.name}" AS kept'
            found = connection.execute(text(READ.get(table.name, whole)))
            rows = [_plain(table.name, row) for (row,) in found]
            keep = KEPT.get(table.name, bool)
            state[table.name] = sorted((row for row in rows if keep(row)), key=_as_text)
    return state


def _plain(table: str, row: Row) -> Row:
    hidden = EXEMPT.get(table, frozenset()) | (WHEN - TOLD_BY_DOMAIN_EVENTS.get(table, frozenset()))
    plain = {column: value for column, value in row.items() if column not in hidden}
    for column in SETS.get(table, ()):
        plain[column] = sorted(set(plain[column] or ()))
    return plain


def _as_text(row: Row) -> str:
    return json.dumps(row, sort_keys=True)


def differences(one: State, other: State) -> list[str]:
    """Say in which rows and columns two states differ; nothing when they are the same."""
    return [
        line
        for table in domain_tables()
        for line in _table_differences(table, one[table.name], other[table.name])
    ]


def _table_differences(table: Table, one: list[Row], other: list[Row]) -> Iterator[str]:
    columns = _key(table)
    left, right = ({_key_of(row, columns): row for row in rows} for rows in (one, other))
    for key in sorted(left.keys() | right.keys()):
        name = f"{table.name} {' '.join(key)}"
        if key not in right:
            yield f"{name}: only in the first: {_as_text(left[key])}"
        elif key not in left:
            yield f"{name}: only in the second: {_as_text(right[key])}"
        else:
            for column, value in left[key].items():
                if value != right[key][column]:
                    yield f"{name}: {column} is {value!r} and {right[key][column]!r}"


def _key(table: Table) -> list[str]:
    """The columns that tell rows apart: the primary key, or a unique one where that is exempt."""
    if table.name in KEYS:
        return KEYS[table.name]
    hidden = EXEMPT.get(table.name, frozenset())
    keys = [table.primary_key, *(c for c in table.constraints if isinstance(c, UniqueConstraint))]
    named = [[column.name for column in key.columns] for key in keys]
    return next(columns for columns in named if not hidden & set(columns))


def _key_of(row: Row, columns: list[str]) -> tuple[str, ...]:
    return tuple(str(row[column]) for column in columns)
