"""What all requests of one gateway share, and how they reach the database."""

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from typing import Final, TypeVar

import psycopg
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.requests import Request

from gateway.keyring import Keyring
from gateway.limits import Admission, Limits, Rate, Turns
from gateway.outside import Outside
from gateway.problems import Kind, ProblemError, retry_later
from gateway.ringing import Ring, Ringer
from workers.log import logger

# As many as there are connections, so that nobody waits for one with a thread in hand.
THREADS: Final = 8
# So many of these each provider's webhooks may have, together fewer than all: whatever holds them
# up, services can publish. Stripe's wait for one another anyway.
HOOKS_AT_ONCE: Final[Mapping[str, int]] = {"Stripe": 2, "Clerk": 2, "Twilio": 3}
DATABASE_RETRY_S: Final = 2

Result = TypeVar("Result")


class Context:
    """The engine, the threads that wait for it, the clock, and who may do how much."""

    def __init__(
        self,
        engine: Engine,
        *,
        clock: Callable[[], datetime],
        ring: Ring,
        limits: Limits,
        outside: Outside,
    ) -> None:
        """Nothing is connected or started before the first request."""
        self.engine = engine
        self.clock = clock
        self.limits = limits
        self.outside = outside
        self.ringer = Ringer(ring)
        self.admission = Admission(limits)
        self.rate = Rate(limits, time.monotonic)
        self.keyring = Keyring(time.monotonic)
        self.log = logger("gateway")
        self.hooks = {
            of: Turns(at_once=most, waiting=limits.hooks_waiting)
            for of, most in HOOKS_AT_ONCE.items()
        }
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="gateway")

    async def in_thread(self, work: Callable[[], Result]) -> Result:
        """Do what waits for the database, or takes its time, beside the event loop."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    def close(self) -> None:
        """Let go of the threads; one that waits for a silent server is not waited for."""
        self.ringer.close()
        self._threads.shutdown(wait=False, cancel_futures=True)


def context_of(request: Request) -> Context:
    """The context of the gateway that got this request."""
    context: Context = request.app.state.context
    return context


async def finish(work: Callable[[], Result], context: Context) -> Result:
    """Do what changes something; the answer says so if the process ends meanwhile."""
    try:
        return await context.in_thread(work)
    except asyncio.CancelledError:
        # Only the end of the process cuts a request short, and it may have been committed.
        raise retry_later(Kind.UNAVAILABLE, "Stopping; send the same again.", seconds=1) from None


@contextmanager
def database_trouble(context: Context) -> Iterator[None]:
    """Turn the database's trouble into ProblemErrors; what it said may hold data and stays here."""
    try:
        yield
    except PoolTimeoutError:
        raise retry_later(Kind.TOO_MANY, "All connections are busy.", seconds=1) from None
    except psycopg.DataError as error:
        context.log.warning("request.unstorable", error=type(error).__name__)
        fault = {"position": None, "field": "data", "detail": "holds what can't be stored"}
        detail = "The database refused a value, so nothing was published."
        raise ProblemError(Kind.INVALID, detail, members={"faults": [fault]}) from None
    except (DBAPIError, psycopg.Error) as error:
        context.log.warning("database.trouble", error=type(error).__name__)
        # Perhaps it did commit, and only the answer was lost.
        detail = "Send the same again later: what was published already counts as a duplicate."
        raise retry_later(Kind.UNAVAILABLE, detail, seconds=DATABASE_RETRY_S) from None
