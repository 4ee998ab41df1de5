"""`/api/ops/v1` for admins: the keys of those who publish, and the accounts of the dashboard."""

from collections.abc import Callable
from datetime import timedelta
from typing import Final
from uuid import uuid4

from sqlmodel import Session
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from dashboard.answering import as_json, done, read_asked
from dashboard.asking import identity, text, whole, word
from dashboard.context import context_of
from dashboard.doing import attempt
from domain.tables.accounts import Role
from workers.account_service import (
    AccountOrder,
    account_entries,
    add_account,
    change_role,
    disable,
    enable,
    sign_out_everywhere,
)
from workers.accounts import hash_password, new_password
from workers.errors import CommandError
from workers.key_service import KeyOrder, order_key, revoke, rotate
from workers.keys import list_keys

DAY_H: Final = 24


async def get_keys(request: Request) -> Response:
    """All keys, without their secrets."""
    return as_json({"keys": await context_of(request).look(list_keys)})


async def create_key(request: Request) -> Response:
    """Make one: `{"name", "types": "kudos.given payment.*", "rate", "burst"}`."""
    body, actor, now = await read_asked(request)
    types = tuple((body.get("types") or "").split())
    order = KeyOrder(
        uuid4(), body.get("name", ""), types, whole(body, "rate"), whole(body, "burst")
    )
    secret = await attempt(request, lambda session: order_key(session, actor, order, now=now))
    return as_json({"id": str(order.identity), "secret": secret}, 201)


async def rotate_key(request: Request) -> Response:
    """Make one that follows another, which ends after `overlap_h` hours; 24 without it."""
    body, actor, now = await read_asked(request)
    key_id, hours = str(identity(request.path_params, "id")), whole(body, "overlap_h")
    overlap = timedelta(hours=DAY_H if hours is None else min(hours, 10_000))
    try:
        rotated = await attempt(
            request, lambda session: rotate(session, actor, key_id, overlap=overlap, now=now)
        )
    except CommandError as error:
        raise HTTPException(409, str(error)) from None
    said = {"id": str(rotated.key.id), "secret": rotated.secret}
    return as_json(said | {"old_ends_at": rotated.old_ends_at}, 201)


async def revoke_key(request: Request) -> Response:
    """Make one useless, at once: `{"why"}`."""
    body, actor, now = await read_asked(request)
    key_id, why = identity(request.path_params, "id"), body.get("why", "")
    return await done(request, lambda session: revoke(session, actor, key_id, why=why, now=now))


async def get_accounts(request: Request) -> Response:
    """All accounts, and how many sessions of each are open."""
    context = context_of(request)
    now = context.clock()
    entries = await context.look(lambda session: account_entries(session, now=now))
    return as_json({"accounts": entries})


async def create_account(request: Request) -> Response:
    """Make one: `{"name", "role"}` gives `{"name", "password"}`, said only now."""
    body, actor, now = await read_asked(request)
    name, role = body.get("name", ""), word(body, "role", Role) or Role.VIEWER
    password = new_password()
    hashed = await context_of(request).hash(lambda: hash_password(password))
    order = AccountOrder(name, role, hashed)
    await attempt(request, lambda session: add_account(session, actor, order, now=now))
    return as_json({"name": name.strip().lower(), "password": password}, 201)


async def change_account(request: Request) -> Response:
    """Do one thing to it: `{"do": "role" | "disable" | "enable" | "sign_out", "role", "why"}`."""
    body, actor, now = await read_asked(request)
    name, why = request.path_params["name"], body.get("why", "")
    role = word(body, "role", Role)
    if role is None and body.get("do") == "role":
        raise HTTPException(422, "Say which role.")
    ways: dict[str, Callable[[Session], bool]] = {
        "role": lambda session: change_role(
            session, actor, name, role=role or Role.VIEWER, now=now
        ),
        "disable": lambda session: disable(session, actor, name, why=why, now=now),
        "enable": lambda session: enable(session, actor, name, now=now),
        "sign_out": lambda session: sign_out_everywhere(session, actor, name, now=now) > 0,
    }
    way = ways.get(text(body, "do") or "")
    if way is None:
        raise HTTPException(422, f"Say what to do: one of {', '.join(ways)}.")
    return await done(request, way)
