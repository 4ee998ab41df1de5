"""What `momento up` says once the system is at work: where everything is."""

import shlex
import time
from collections.abc import Collection, Mapping, Sequence
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
# What each provider brings to people.
_BROUGHT: Final = {"expo": "pushes", "twilio": "texts", "smtp": "emails"}


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
        settings, home = self._settings, self._settings.momento_home
        places = {
            "gateway": f"http://{settings.gateway_host}:{settings.gateway_port}/v1/events",
            "dashboard": f"http://{settings.dashboard_host}:{settings.dashboard_port}",
        }
        lines = {name: place for name, place in places.items() if name in self._processes}
        for name, (before, left) in _LEFT.items():
            if (file := home / left).exists():
                lines[name] = f"{before}in {file}"
        if settings.sandbox_providers:
            brought = [
                what for name, what in _BROUGHT.items() if name in settings.sandbox_providers
            ]
            look = _command("sandbox log", settings)
            if brought:
                lines["messages"] = f"{_listed(brought)} reach nobody; to see them: {look}"
            if "stripe" in settings.sandbox_providers:
                lines["money"] = f"none moves: a stand-in is Stripe; to see it: {look}"
        lines["figures"] = _figures(settings, places, processes=self._processes)
        lines["database"] = _shown(settings.database_url)
        lines["broker"] = _shown(settings.broker_url)
        lines["shell"] = f'eval "$({_command("env", settings)})"'
        lines["to stop"] = "Ctrl-C"
        return ["", "Momento is up.", *(f"  {name:<10} {where}" for name, where in lines.items())]


def _figures(settings: Settings, places: Mapping[str, str], *, processes: Collection[str]) -> str:
    """Where Prometheus finds figures."""
    shown = f"{places['dashboard']}/metrics" if "dashboard" in processes else ""
    others = f"http://{settings.metrics_host}:{settings.metrics_port} and the ports after it"
    listed = [each for each in (shown, others if settings.metrics_port else "") if each]
    return _listed(listed) if listed else "nowhere"


def _command(name: str, settings: Settings) -> str:
    """A subcommand as it works in another shell, which may not have our variables."""
    command = f"{own_command()} {name}"
    if settings.momento_home == Settings().momento_home:
        return command
    return f"MOMENTO_HOME={shlex.quote(str(settings.momento_home))} {command}"


def _listed(names: Sequence[str]) -> str:
    *rest, last = names
    return f"{', '.join(rest)} and {last}" if rest else last


def _shown(url: SecretStr | None) -> str:
    """A URL without its password."""
    return "none" if url is None else make_url(url.get_secret_value()).render_as_string()
