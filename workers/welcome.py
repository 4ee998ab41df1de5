"""What `momento up` says once the system is at work: where everything is."""

import shlex
import time
from collections.abc import Collection
from typing import Final

from pydantic import SecretStr
from sqlalchemy.engine import make_url

from workers.accounts import EMBEDDED_NAME
from workers.itself import own_command
from workers.readiness import Readiness
from workers.settings import Settings
from workers.supervise import Screen

LOOK_EVERY_S: Final = 0.1
# Long enough for a slow machine; after it a person wants to know what is missing.
SAY_AFTER_S: Final = 15.0
# What `momento up` leaves in files: by what name it is shown, what goes before, and the file.
_LEFT: Final = {
    "api key": ("", "api-key"),
    "sign in": (f"as {EMBEDDED_NAME}, password ", "dashboard-password"),
}


class Welcome:
    """Waits for the processes to be ready, and then says so once."""

    def __init__(self, settings: Settings, *, processes: Collection[str], screen: Screen) -> None:
        self._settings = settings
        self._processes = processes
        self._screen = screen
        self._readiness = Readiness(settings, processes=processes)
        self._next_look = time.monotonic() + LOOK_EVERY_S
        self._complain_at = time.monotonic() + SAY_AFTER_S

    def look(self) -> None:
        """Look whether the time has come; cheap enough for every tick."""
        now = time.monotonic()
        if now < self._next_look:
            return
        self._next_look = now + LOOK_EVERY_S
        awaited = self._readiness.look()
        if not awaited:
            self._next_look = float("inf")
            for line in self._lines():
                self._screen.show(line)
        elif now > self._complain_at:
            self._complain_at = float("inf")
            self._screen.show(f"still waiting for {', '.join(sorted(awaited))}")

    def _lines(self) -> list[str]:
        settings = self._settings
        places = {
            "gateway": f"http://{settings.gateway_host}:{settings.gateway_port}/v1/events",
            "dashboard": f"http://{settings.dashboard_host}:{settings.dashboard_port}",
        }
        lines = {name: place for name, place in places.items() if name in self._processes}
        for name, (before, left) in _LEFT.items():
            if (file := settings.momento_home / left).exists():
                lines[name] = f"{before}in {file}"
        lines["database"] = _shown(settings.database_url)
        lines["broker"] = _shown(settings.broker_url)
        lines["shell"] = f'eval "$({_env_command(settings)})"'
        lines["to stop"] = "Ctrl-C"
        return ["", "Momento is up.", *(f"  {name:<10} {where}" for name, where in lines.items())]


def _env_command(settings: Settings) -> str:
    """`momento env` as it works in another shell, which may not have our variables."""
    command = f"{own_command()} env"
    if settings.momento_home == Settings().momento_home:
        return command
    return f"MOMENTO_HOME={shlex.quote(str(settings.momento_home))} {command}"


def _shown(url: SecretStr | None) -> str:
    """A URL without its password."""
    return "none" if url is None else make_url(url.get_secret_value()).render_as_string()
