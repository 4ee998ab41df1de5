"""W3C Trace Context: which trace a domain event belongs to, and what follows from it.

Source: W3C Trace Context, levels 1 and 2. Of later versions than 00 the parts that 00 has are read.
"""

import re
from hashlib import sha256
from typing import Final

_FORM: Final = re.compile(
    r"(?P<version>(?!ff)[0-9a-f]{2})-(?P<trace>(?!0{32})[0-9a-f]{32})-(?P<span>(?!0{16})[0-9a-f]{16})"
    r"-(?P<flags>[0-9a-f]{2})(?P<more>-[\x21-\x7e]*)?",
)
TRACEPARENT_LIMIT_CHARACTERS: Final = 256
SAMPLED: Final = 0x01
# Sampled, and (level 2) that the trace's id is random; other bits mean nothing yet.
_KNOWN_FLAGS: Final = 0x03
_KEY: Final = re.compile(r"[a-z0-9][a-z0-9_\-*/@]{0,255}")
_VALUE: Final = re.compile(r"[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]")
STATE_MEMBERS: Final = 32
STATE_LIMIT_CHARACTERS: Final = 512
# A longer member goes first where all together are too long.
_LONG_MEMBER: Final = 128


def check_traceparent(said: str) -> str:
    """Hold to the form of a traceparent; ids of zeros mean none. Raises ValueError."""
    found = _FORM.fullmatch(said) if len(said) <= TRACEPARENT_LIMIT_CHARACTERS else None
    if found is None or (found["version"] == "00" and found["more"]):
        message = "is not a W3C traceparent such as 00-<32 hex>-<16 hex>-01"
        raise ValueError(message)
    return said


def check_tracestate(said: str) -> str:
    """Hold to the form of a tracestate; what is too long loses members. Raises ValueError."""
    members = [member.strip(" \t") for member in said.split(",")]
    members = [member for member in members if member]
    keys = [member.partition("=")[0] for member in members]
    if not all(map(_is_member, members)) or len(set(keys)) < len(keys):
        message = "is not a W3C tracestate such as vendor=value,other=value"
        raise ValueError(message)
    if len(members) > STATE_MEMBERS:
        message = f"has more than {STATE_MEMBERS} members"
        raise ValueError(message)
    return ",".join(_shortened(members))


def trace_context(traceparent: str | None, tracestate: str | None) -> tuple[str, str | None] | None:
    """Read the headers of a request; what isn't as it must be counts as not said."""
    try:
        parent = check_traceparent((traceparent or "").strip())
    except ValueError:
        return None
    try:
        return parent, check_tracestate(tracestate or "") or None
    except ValueError:
        return parent, None


def trace_id(traceparent: str) -> str:
    """Give the id of the trace."""
    return traceparent.split("-")[1]


def is_sampled(traceparent: str) -> bool:
    """Say whether whoever began the trace records it."""
    return bool(int(traceparent.split("-")[3], 16) & SAMPLED)


def span_of(identity: str) -> str:
    """Give the id of the span in which something of that id was said: always the same one."""
    return sha256(identity.encode()).hexdigest()[:16]


def child(traceparent: str, identity: str) -> str:
    """Give the traceparent of what followed and has that id: the same trace, a span of its own."""
    _, trace, _, flags = traceparent.split("-")[:4]
    return f"00-{trace}-{span_of(identity)}-{int(flags, 16) & _KNOWN_FLAGS:02x}"


def _is_member(member: str) -> bool:
    key, equals, value = member.partition("=")
    return bool(equals and _KEY.fullmatch(key) and _VALUE.fullmatch(value))


def _shortened(members: list[str]) -> list[str]:
    """Leave out members until the rest is short enough: long ones first, then the last."""
    for is_long in (True, False):
        for member in reversed(members.copy()):
            if sum(map(len, members)) + len(members) - 1 <= STATE_LIMIT_CHARACTERS:
                return members
            if not is_long or len(member) > _LONG_MEMBER:
                members.remove(member)
    return members
