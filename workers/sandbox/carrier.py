"""The world behind the stand-ins: texts are delivered and refunds made by themselves, and told of.

Tests move them on themselves (`Twilio.report`, `Stripe.report`, `Stripe.deliver`); a sandbox that
runs as a program does it here.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from threading import Event, Thread
from typing import Final

from workers.log import logger
from workers.sandbox.stripe import Stripe
from workers.sandbox.twilio import Twilio

LOOK_EVERY: Final = timedelta(milliseconds=500)
# A text is on its way as long as it says one of these.
WAITING: Final = frozenset({"accepted", "queued"})
STEPS: Final = ("sent", "delivered")


@contextmanager
def carrying(twilio: Twilio, *, every: timedelta = LOOK_EVERY) -> Iterator[None]:
    """Deliver what was taken, a little later, until the block ends."""
    leaving = Event()
    carried = {"twilio": twilio, "every": every, "leaving": leaving}
    thread = Thread(target=_carry, kwargs=carried, daemon=True)
    thread.start()
    try:
        yield
    finally:
        leaving.set()
        # Who is told may be slow to answer, and has then been told.
        thread.join(every.total_seconds())


@contextmanager
def telling(stripe: Stripe, *, every: timedelta = LOOK_EVERY) -> Iterator[None]:
    """Make refunds that are on their way, and tell what has happened, until the block ends."""
    leaving = Event()

    def tell() -> None:
        while not leaving.wait(every.total_seconds()):
            try:
                for refund in stripe.pending():
                    stripe.report(refund, "succeeded")
                stripe.deliver()
            except Exception as error:  # noqa: BLE001 - the next is told all the same
                logger("sandbox").warning("carrier.failed", error=type(error).__name__)

    thread = Thread(target=tell, daemon=True)
    thread.start()
    try:
        yield
    finally:
        leaving.set()
        thread.join(every.total_seconds())


def _carry(*, twilio: Twilio, every: timedelta, leaving: Event) -> None:
    while not leaving.wait(every.total_seconds()):
        for text in twilio.texts():
            if text.status not in WAITING:
                continue
            for step in STEPS:
                if leaving.is_set():
                    return
                _move(twilio, text.sid, step=step)


def _move(twilio: Twilio, sid: str, *, step: str) -> None:
    try:
        twilio.report(sid, step)
    except Exception as error:  # noqa: BLE001 - the next text is carried all the same
        logger("sandbox").warning("carrier.failed", error=type(error).__name__)
