"""What Expo takes for a message, and how it says no."""

import json
from collections.abc import Iterator
from typing import Any, Final

# What messages may say, as far as we use it.
FIELDS: Final[dict[str, type | tuple[type, ...]]] = {
    "title": str,
    "body": str,
    "data": dict,
    "ttl": (int, float),
    "expiration": (int, float),
    "collapseId": str,
    "tag": str,
    "channelId": str,
}


class RefusalError(Exception):
    """The request as a whole is refused."""

    def __init__(self, status: int, code: str, *, details: Any = None) -> None:
        super().__init__(code)
        self.status = status
        said = {"code": code, "message": f"The request was refused: {code}."}
        self.body = {"errors": [said if details is None else said | {"details": details}]}


def pushes_of(message: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Give (token, message) for each recipient of a message."""
    if not isinstance(message, dict):
        raise RefusalError(400, "VALIDATION_ERROR")
    to = message.get("to")
    tokens: list[Any] = to if isinstance(to, list) else [to]
    right = all(
        message.get(name) is None or isinstance(message[name], kinds)
        for name, kinds in FIELDS.items()
    )
    if not right or not all(isinstance(token, str) and token for token in tokens):
        raise RefusalError(400, "VALIDATION_ERROR")
    for token in tokens:
        yield token, message


def size_of(message: dict[str, Any]) -> int:
    """How many bytes are handed on to Apple or Google."""
    payload = {name: value for name, value in message.items() if name != "to"}
    text = json.dumps(payload, ensure_ascii=False, separators=(",", ":"))
    return len(text.encode(errors="surrogatepass"))


def failed(error: str, token: str | None) -> dict[str, Any]:
    """Give a ticket or receipt that says no; some come without a code."""
    said: dict[str, Any] = {"status": "error", "message": f"It could not be delivered: {error}"}
    if error:
        said["details"] = {"error": error}
        if token is not None:
            said["details"]["expoPushToken"] = token
    return said
