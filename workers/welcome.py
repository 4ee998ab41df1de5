"""What `momento up` says once the system answers: where everything is."""

import http.client
import time
from collections.abc import Collection
from typing import Final

from pydantic import SecretStr
from sqlalchemy.engine import make_url

from workers.settings import Settings
from workers.supervise import Screen

LOOK_EVERY_S: Final = 0.25
ANSWER_WITHIN_S: Final = 0.5
ANYWHERE: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - compared, not bound


class Welcome:
    """Waits for the gateway to be ready, and then says so once."""

    def __init__(self, settings: Settings, *, processes: Collection[str], screen: Screen) -> None:
        self._settings = settings
        self._processes = processes
        self._screen = screen
        self._started = time.monotonic()
        self._next_look = self._started + LOOK_EVERY_S

    def look(self) -> None:
        """Look whether the time has come; cheap enough for every tick."""
        now = time.monotonic()
        if now < self._next_look:
            return
        self._next_look = now + LOOK_EVERY_S
        if "gateway" not in self._processes or self._gateway_is_ready():
            self._next_look = float("inf")
            for line in self._lines():
                self._screen.show(line)

    def _gateway_is_ready(self) -> bool:
        host = self._settings.gateway_host
        connection = http.client.HTTPConnection(
            ANYWHERE.get(host, host), self._settings.gateway_port, timeout=ANSWER_WITHIN_S
        )
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == http.client.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def _lines(self) -> list[str]:
        settings = self._settings
        places = {
            "gateway": f"http://{settings.gateway_host}:{settings.gateway_port}/v1/events",
            "dashboard": f"http://{settings.dashboard_host}:{settings.dashboard_port}",
        }
        lines = {name: place for name, place in places.items() if name in self._processes}
        for name, variable in {"api key": "api-key", "password": "dashboard-password"}.items():
            if (file := settings.momento_home / variable).exists():
                lines[name] = f"in {file}"
        lines["database"] = _shown(settings.database_url)
        lines["broker"] = _shown(settings.broker_url)
        lines["shell"] = 'eval "$(momento env)"'
        lines["to stop"] = "Ctrl-C"
        return ["", "Momento is up.", *(f"  {name:<10} {where}" for name, where in lines.items())]


def _shown(url: SecretStr | None) -> str:
    """A URL without its password."""
    return "none" if url is None else make_url(url.get_secret_value()).render_as_string()
