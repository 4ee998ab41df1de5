"""CloudEvents' binary mode: the attributes are headers, the body is the data.

Source: CloudEvents HTTP protocol binding 1.0.2, section 3.1.3.
"""

import re
from collections.abc import Iterable
from typing import Final
from urllib.parse import unquote_to_bytes

from domain.faults import Fault, InvalidEnvelopeError

PREFIX: Final = b"ce-"
PERCENT_ENCODED: Final = re.compile(rb"(?:[^%]|%[0-9A-Fa-f]{2})*")
ESCAPED: Final = re.compile(rb"\\(.)")


def attributes_of(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Read the attributes from headers, whose names are in lower case.

    Raises InvalidEnvelopeError naming each header that can't be one.
    """
    attributes: dict[str, str] = {}
    faults = []
    for header, value in headers:
        if not header.startswith(PREFIX):
            continue
        name = header.removeprefix(PREFIX).decode("latin-1")
        said = _decode(value)
        if name == "datacontenttype":
            faults.append(Fault(name, "is the header Content-Type in binary mode"))
        elif name == "data":
            faults.append(Fault(name, "is the body in binary mode"))
        elif name in attributes:
            faults.append(Fault(name, "is given more than once"))
        elif said is None:
            faults.append(Fault(name, "is not percent-encoded UTF-8"))
        else:
            attributes[name] = said
    if faults:
        raise InvalidEnvelopeError(faults)
    return attributes


def _decode(value: bytes) -> str | None:
    """Undo quotes, which older versions of the binding had, and then one round of percents."""
    if len(value) > 1 and value.startswith(b'"') and value.endswith(b'"'):
        value = ESCAPED.sub(rb"\1", value[1:-1])
    if not PERCENT_ENCODED.fullmatch(value):
        return None
    try:
        return unquote_to_bytes(value).decode()
    except UnicodeDecodeError:
        return None
