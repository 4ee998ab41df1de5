"""Rings lanes: says to the workers, through the broker, that there is something to do.

Bells are coalesced: while one lies unheard in a lane's queue, another would say nothing new. A
bell that can't be rung costs milliseconds, since the relay looks into Postgres itself.
"""

from collections.abc import Iterable
from typing import Any

from dramatiq.broker import Broker
from dramatiq.brokers.rabbitmq import RabbitmqBroker
from dramatiq.message import Message

from domain.catalogue import CATALOGUE
from domain.lanes import LANES
from workers.broker import BellBroker
from workers.log import logger

ACTOR = "work"
_LANES_OF_TYPE = {
    payload.TYPE: frozenset(handler.lane for handler in handlers)
    for payload, handlers in CATALOGUE.items()
}


class Bells:
    """The bells of all lanes on one broker. Never raises: a lost bell is replaced."""

    def __init__(self, broker: Broker) -> None:
        """Declare the lanes' queues."""
        self._broker = broker
        self._log = logger("bells")
        self._is_away = False

    def ring(self, lanes: Iterable[str]) -> None:
        """Ring those lanes in which no bell lies unheard."""
        wanted = sorted(set(lanes))
        if not wanted:
            return
        try:
            unheard = self._unheard(wanted)
            for lane in wanted:
                if not unheard.get(lane):
                    self._broker.enqueue(_bell(lane))
        except Exception as error:  # noqa: BLE001 - whatever the broker's trouble is, work goes on
            self._note_trouble(error)
        else:
            self._note_success()

    def ring_after_publish(self, types: Iterable[str] | None = None) -> None:
        """Ring the lanes that domain events of these types will go to; all lanes if not known."""
        if types is None:
            self.ring(LANES)
        else:
            self.ring(lane for name in set(types) for lane in _LANES_OF_TYPE.get(name, ()))

    def _unheard(self, lanes: list[str]) -> dict[str, int]:
        if isinstance(self._broker, BellBroker):
            return self._broker.waiting(lanes)
        if isinstance(self._broker, RabbitmqBroker):
            for lane in lanes:
                self._broker.declare_queue(lane, ensure=True)
            return {lane: self._broker.get_queue_message_counts(lane)[0] for lane in lanes}
        return {}

    def _note_trouble(self, error: Exception) -> None:
        """Say once that the broker is away, not once for each bell."""
        if not self._is_away:
            self._log.warning("broker.away", error=type(error).__name__)
        self._is_away = True

    def _note_success(self) -> None:
        if self._is_away:
            self._log.info("broker.back")
        self._is_away = False


def _bell(lane: str) -> "Message[Any]":
    """A message for the lane's actor, without data."""
    return Message(queue_name=lane, actor_name=f"{ACTOR}_{lane}", args=(), kwargs={}, options={})
