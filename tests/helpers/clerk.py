"""Clerk's events with the fields that they have, signed as Svix does."""

import json
from base64 import b64encode
from datetime import datetime
from hashlib import sha256
from hmac import digest
from typing import Any, Final

KEY: Final = b"a key of twenty-four by."
SECRET: Final = f"whsec_{b64encode(KEY).decode()}"
CANARY: Final = "canary@example.com"
PHONE: Final = "+14155550123"
Said = dict[str, Any]


def user(clerk_id: str, *, at: datetime, **others: Any) -> Said:
    """Somebody as Clerk knows them."""
    return {
        "id": clerk_id,
        "object": "user",
        "created_at": 1_654_012_591_514,
        "email_addresses": [
            {
                "id": "idn_1",
                "object": "email_address",
                "email_address": CANARY,
                "verification": {"status": "verified", "strategy": "ticket"},
            }
        ],
        "external_id": None,
        "first_name": "Canary",
        "last_name": "Bird",
        "last_sign_in_at": None,
        "phone_numbers": [{"id": "idn_2", "object": "phone_number", "phone_number": PHONE}],
        "primary_email_address_id": "idn_1",
        "primary_phone_number_id": "idn_2",
        "private_metadata": {},
        "public_metadata": {},
        "unsafe_metadata": {"note": "canary"},
        "updated_at": int(at.timestamp() * 1_000),
        "username": None,
        **others,
    }


def event(kind: str, data: Said, *, at: datetime) -> Said:
    """An event about an account."""
    return {
        "data": data,
        "event_attributes": {"http_request": {"client_ip": "0.0.0.0", "user_agent": "canary"}},  # noqa: S104
        "instance_id": "ins_1",
        "object": "event",
        "timestamp": int(at.timestamp() * 1_000),
        "type": kind,
    }


def changed(clerk_id: str, *, at: datetime, kind: str = "user.updated", **others: Any) -> Said:
    """Somebody changed their account, or made it."""
    return event(kind, user(clerk_id, at=at, **others), at=at)


def deleted(clerk_id: str | None, *, at: datetime) -> Said:
    """Somebody deleted their account."""
    data: Said = {"deleted": True, "object": "user"}
    return event("user.deleted", data if clerk_id is None else {**data, "id": clerk_id}, at=at)


def name_of(said: Said) -> str:
    """Svix's id of an event, the same for the same words."""
    return f"msg_{sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:24]}"


def headers(body: bytes, name: str, *, at: datetime, key: bytes = KEY) -> dict[str, str]:
    """The headers that Svix sends."""
    second = str(int(at.timestamp()))
    made = digest(key, f"{name}.{second}.".encode() + body, "sha256")
    return {
        "svix-id": name,
        "svix-timestamp": second,
        "svix-signature": f"v1,{b64encode(made).decode()}",
    }
