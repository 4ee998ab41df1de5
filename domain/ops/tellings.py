"""Finds what people were told, or deliberately weren't, a page at a time, the newest first.

One person's are found by their id. Else so many of the newest are looked through and no more; the
page then says how far it has looked, and leads further back.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlmodel import Session

from domain.notifications.log import COLUMNS, Logged
from domain.ops.cursors import MomentCursor
from domain.sql import fetch, fetch_dicts
from domain.tables.notifications import Channel, NotificationStatus, Template

PAGE: Final = 50
# Of what no index serves, so many are looked at for one page.
LOOKED_AT: Final = 20_000


@dataclass(frozen=True, slots=True)
class TellingFilter:
    """Which notifications; what is None doesn't matter. Moments are those of their making."""

    user: UUID | None = None
    channel: Channel | None = None
    template: Template | None = None
    state: NotificationStatus | None = None
    reason: str | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class FoundTellings:
    """A page; `after` is where the next one begins, None after the last.

    `was_cut`: so many were looked at that the page isn't full, and there may be more.
    """

    rows: list[Logged]
    after: MomentCursor | None
    was_cut: bool


def list_tellings(
    session: Session,
    wanted: TellingFilter,
    *,
    after: MomentCursor | None = None,
    limit: int = PAGE,
) -> FoundTellings:
    """Give a page of notifications, the newest first; no words and no names.

    By notifications_created_at_idx, of which LOOKED_AT rows are read at most; of a person by the
    key that begins with them, which costs what they were told in 90 days.
    """
    looked, values = _looked(wanted, after)
    rest, more = _rest(wanted)
    values |= more | {"limit": limit + 1, "looked_at": LOOKED_AT}
    rows = fetch_dicts(
        session,
        f"SELECT {COLUMNS} FROM ({looked}) AS told WHERE {rest}"
        " ORDER BY told.created_at DESC, told.id DESC LIMIT %(limit)s",
        **values,
    )
    listed = [Logged(**row) for row in rows]
    if len(listed) > limit:
        last = listed[limit - 1]
        return FoundTellings(listed[:limit], MomentCursor(last.created_at, last.id), was_cut=False)
    furthest = fetch(
        session,
        f"SELECT created_at, id::text FROM ({looked}) AS told OFFSET %(looked_at)s - 1",
        **values,
    )
    return FoundTellings(
        listed, MomentCursor(*furthest[0]) if furthest else None, was_cut=bool(furthest)
    )


def _looked(wanted: TellingFilter, after: MomentCursor | None) -> tuple[str, dict[str, Any]]:
    """Say where to look in order, by what an index serves."""
    values: dict[str, Any] = {}
    conditions = ["true"]
    if after is not None:
        values |= {"after_at": after.created_at, "after_id": after.id}
        conditions.append("(row.created_at, row.id) < (%(after_at)s, %(after_id)s::uuid)")
    for name, moment, sign in (("since", wanted.since, ">="), ("until", wanted.until, "<")):
        if moment is not None:
            values[name] = moment
            conditions.append(f"row.created_at {sign} %({name})s")
    source = "notifications AS row"
    if wanted.user is not None:
        # All of theirs first: else everybody's newest might be read in search of them.
        values["user"] = wanted.user
        source = (
            "(SELECT * FROM notifications WHERE user_id = %(user)s ORDER BY user_id OFFSET 0)"
            " AS row"
        )
    where = " AND ".join(conditions)
    looked = (
        f"SELECT row.* FROM {source} WHERE {where}"
        " ORDER BY row.created_at DESC, row.id DESC LIMIT %(looked_at)s"
    )
    return looked, values


def _rest(wanted: TellingFilter) -> tuple[str, dict[str, Any]]:
    asked = {
        "channel": wanted.channel,
        "template": wanted.template,
        "status": wanted.state,
        "reason": wanted.reason,
    }
    values = {name: str(value) for name, value in asked.items() if value is not None}
    return " AND ".join(["true", *(f"told.{name} = %({name})s" for name in values)]), values
