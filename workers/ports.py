"""Which ports gateway, dashboard and sandbox listen on when `momento up` starts them."""

import contextlib
import errno
import socket
from collections.abc import Collection, Sequence
from typing import Final

from workers.errors import CommandError
from workers.settings import Settings

LISTENERS: Final = ("gateway", "dashboard")


def choose_ports(settings: Settings, processes: Collection[str]) -> dict[str, str]:
    """GATEWAY_PORT and DASHBOARD_PORT: the settings' own, or a free one where a default is taken.

    Raises CommandError if a port that was asked for by name can't be had.
    """
    return {
        f"{name.upper()}_PORT": str(_port(settings, name, is_needed=name in processes))
        for name in LISTENERS
    }


def free_ports(host: str, wanted: Sequence[int]) -> list[int]:
    """Give as many free ports, no two alike: those that are wanted where they are free."""
    ports: list[int] = []
    with contextlib.ExitStack() as held:
        for port in wanted:
            is_free = port not in ports and _fault(host, port) is None
            bound = held.enter_context(_bound(host, port if is_free else 0))
            ports.append(bound.getsockname()[1])
    return ports


def _port(settings: Settings, name: str, *, is_needed: bool) -> int:
    host: str = getattr(settings, f"{name}_host")
    port: int = getattr(settings, f"{name}_port")
    if not is_needed or (fault := _fault(host, port)) is None:
        return port
    if fault.errno != errno.EADDRINUSE:
        reason = (fault.strerror or "unknown reason").lower()
        message = f"The {name} can't listen on {host}:{port}: {reason}. Change {name.upper()}_HOST."
        raise CommandError(message)
    if f"{name}_port" in settings.model_fields_set:
        message = f"{name.upper()}_PORT: port {port} is taken by another program; choose another."
        raise CommandError(message)
    return _free_port(host)


def _fault(host: str, port: int) -> OSError | None:
    try:
        with contextlib.closing(_bound(host, port)):
            return None
    except OSError as error:
        return error


def _free_port(host: str) -> int:
    with contextlib.closing(_bound(host, 0)) as bound:
        port: int = bound.getsockname()[1]
        return port


def _bound(host: str, port: int) -> socket.socket:
    family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    bound = socket.socket(family, socket.SOCK_STREAM)
    try:
        # As the servers do: what an earlier run left in TIME_WAIT is no obstacle.
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
    except OSError:
        bound.close()
        raise
    return bound
