"""How requests of Twilio's package get there: within a limit, to a place of ours, and unlogged."""

import logging
import threading
from datetime import timedelta
from typing import Any, Final
from urllib.parse import urlsplit, urlunsplit

from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response

from workers.providers.session import make_session

CONNECTIONS: Final = 6


class TwilioHttp(TwilioHttpClient):  # type: ignore[misc]
    """Sends what the package asks for to another place, within a limit, and logs nothing."""

    def __init__(self, url: str, limit: timedelta) -> None:
        silent = logging.getLogger("twilio.silent")
        silent.disabled = True
        super().__init__(timeout=limit.total_seconds(), logger=silent, pool_connections=False)
        self.session = make_session(url, limit, connections=CONNECTIONS)
        self._base = urlsplit(url)
        self._last = threading.local()

    @property
    def retry_after(self) -> str | None:
        """What this thread's last answer said about when to come back."""
        header: str | None = getattr(self._last, "retry_after", None)
        return header

    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> Response:
        """Ask; the address is the package's but for scheme and host."""
        self._last.retry_after = None
        asked = urlsplit(url)
        moved = (self._base.scheme, self._base.netloc, asked.path, asked.query, "")
        response = super().request(method, urlunsplit(moved), *args, **kwargs)
        self._last.retry_after = (response.headers or {}).get("Retry-After")
        return response

    def close(self) -> None:
        """Close the connections."""
        if self.session is not None:
            self.session.close()
