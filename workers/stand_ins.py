"""For which providers the sandbox stands in under `momento up`, and how it is found.

A shell may have taken over the variables of an earlier run. What was ever given out in a home is
remembered there, so that it is never mistaken for somebody's real credentials.
"""

import contextlib
import json
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from workers.halves import TWILIO, TWILIO_URL
from workers.ports import free_ports
from workers.readiness import reachable
from workers.running import JOURNAL
from workers.secret_files import write_secret
from workers.settings import Settings

# A provider is stood in for where none of these is set.
CREDENTIALS: Final = {
    "expo": ("EXPO_URL", "EXPO_ACCESS_TOKEN"),
    "twilio": (*TWILIO, TWILIO_URL),
    "smtp": ("SMTP_URL",),
    # Who hears from Stripe has real payments, of which a stand-in knows nothing.
    "stripe": ("STRIPE_URL", "STRIPE_API_KEY", "STRIPE_WEBHOOK_SECRET"),
}
# They call the gateway.
CALLING: Final = frozenset({"twilio", "stripe"})
# Nobody but `momento up` sets these.
OURS_ALONE: Final = frozenset({"SANDBOX_URL", "SANDBOX_PROVIDERS"})
HOST: Final = "127.0.0.1"
ACCOUNT, SERVICE = "AC" + "0" * 32, "MG" + "0" * 32
SECRET_BYTES: Final = 16
FILE: Final = JOURNAL.with_name("given.json")


class StandIns:
    """What the sandbox of a home is and was called by; a file there remembers, for its owner."""

    def __init__(self, home: Path) -> None:
        self._path = home / FILE
        self._given = _read(self._path)

    def without_ours(self, environ: Mapping[str, str]) -> dict[str, str]:
        """Leave out of an environment what an earlier run gave out."""
        return {
            name: value
            for name, value in environ.items()
            if name not in OURS_ALONE and value not in self._given.get(name, ())
        }

    def give(self, settings: Settings, *, gateway: tuple[str, int]) -> dict[str, str]:
        """Give the variables of all that is stood in for; none if everything has credentials.

        `settings` hold nothing of ours; `gateway` is where it will listen. Ports and secrets stay
        the same from run to run where they can.
        """
        providers = [name for name in CREDENTIALS if not _has_credentials(settings, name)]
        if not providers:
            return {}
        names = [*(f"{name.upper()}_URL" for name in providers), "SANDBOX_URL"]
        ports = free_ports(HOST, [urlsplit(self._last(name)).port or 0 for name in names])
        given = {
            name: f"{'smtp' if name == 'SMTP_URL' else 'http'}://{HOST}:{port}"
            for name, port in zip(names, ports, strict=True)
        }
        given["SANDBOX_URL"] = f"http://sandbox:{self._key()}@{HOST}:{ports[-1]}"
        given["SANDBOX_PROVIDERS"] = ",".join(providers)
        given |= self._account() if "twilio" in providers else {}
        given |= self._shop() if "stripe" in providers else {}
        if not CALLING.isdisjoint(providers) and settings.gateway_public_url is None:
            given["GATEWAY_PUBLIC_URL"] = f"http://{reachable(*gateway)}"
        self._remember(given)
        return given

    def _account(self) -> dict[str, str]:
        token = self._last("TWILIO_AUTH_TOKEN") or secrets.token_hex(SECRET_BYTES)
        return dict(zip(TWILIO, (ACCOUNT, token, SERVICE), strict=True))

    def _shop(self) -> dict[str, str]:
        """Who we are at Stripe: nobody else may sign what it tells us."""
        prefixes = {"STRIPE_API_KEY": "sk_test_", "STRIPE_WEBHOOK_SECRET": "whsec_"}
        return {
            name: self._last(name) or f"{prefix}{secrets.token_hex(SECRET_BYTES)}"
            for name, prefix in prefixes.items()
        }

    def _key(self) -> str:
        return urlsplit(self._last("SANDBOX_URL")).password or secrets.token_hex(SECRET_BYTES)

    def _last(self, name: str) -> str:
        return next(reversed(self._given.get(name, [])), "")

    def _remember(self, given: Mapping[str, str]) -> None:
        for name, value in given.items():
            earlier = [each for each in self._given.get(name, ()) if each != value]
            self._given[name] = [*earlier, value]
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_secret(self._path, json.dumps(self._given))


def _has_credentials(settings: Settings, provider: str) -> bool:
    return any(getattr(settings, name.lower()) is not None for name in CREDENTIALS[provider])


def _read(path: Path) -> dict[str, list[str]]:
    """Read what was given out; nothing where the file is missing or isn't ours."""
    with contextlib.suppress(OSError, ValueError, TypeError):
        said = json.loads(path.read_text(encoding="ascii"))
        if isinstance(said, dict):
            return {name: [str(each) for each in values] for name, values in said.items()}
    return {}
