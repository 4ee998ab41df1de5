"""What passes between dispatch and a handler: a batch of domain events, and the effects of it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Generic, NamedTuple, TypeVar

from domain.envelope import WORKERS_SOURCE, Envelope
from domain.outbox import derived_id
from domain.payload import Payload, Stamp
from domain.trace_context import child
from domain.verdict import Verdict

P_co = TypeVar("P_co", bound=Payload, covariant=True)
Q = TypeVar("Q", bound=Payload)


class DomainEvent(NamedTuple, Generic[P_co]):
    """A domain event as a handler gets it: parsed, with its number in the ledger."""

    seq: int
    id: str
    source: str
    time: datetime
    payload: P_co
    data: str
    traceparent: str | None = None
    tracestate: str | None = None

    @property
    def stamp(self) -> Stamp:
        """Its place in the order that rules know."""
        return Stamp(self.time, self.id, self.source)


@dataclass(frozen=True, slots=True)
class Batch(Generic[P_co]):
    """What one call of a handler gets; the order inside has no meaning."""

    domain_events: Sequence[DomainEvent[P_co]]

    def __iter__(self) -> Iterator[DomainEvent[P_co]]:
        """Go through the domain events."""
        return iter(self.domain_events)

    def __len__(self) -> int:
        """Count the domain events."""
        return len(self.domain_events)

    def without(self, verdicts: dict[int, Verdict]) -> "Batch[P_co]":
        """Leave out those that were judged already."""
        return Batch([each for each in self.domain_events if each.seq not in verdicts])

    def reworded(self, reword: Callable[[P_co], Q]) -> "Batch[Q]":
        """Say all of it in another version's words, for the handler of that version.

        What a handler keeps or publishes then reads as if that version had been published.
        """
        said = [(each, reword(each.payload)) for each in self.domain_events]
        return Batch([_instead(each, other) for each, other in said])


def _instead(said: DomainEvent[Any], payload: Q) -> DomainEvent[Q]:
    data = payload.model_dump_json(exclude_unset=True)
    return DomainEvent(**{**said._asdict(), "payload": payload, "data": data})


@dataclass(slots=True)
class Effects:
    """What a handler answers: verdicts by seq (none means done) and what follows.

    `follow_ups` are published in the same transaction. `arrived` names what exists from now on,
    beside the thing that the domain event itself creates: whatever waits for it is woken.
    """

    verdicts: dict[int, Verdict] = field(default_factory=dict)
    follow_ups: list[Envelope] = field(default_factory=list)
    arrived: set[str] = field(default_factory=set)
    # Ids of follow-ups that may exist only once, whichever handler publishes them.
    unique: set[str] = field(default_factory=set)

    def follow(
        self, cause: DomainEvent[Payload], payload: Payload, *, once: str | None = None
    ) -> None:
        """Publish what follows from a cause.

        The id is derived from the cause (and from the handler, see `of`), so that applying it
        again can't make a second one; where something may follow only once whatever the cause,
        `once` names it instead.
        """
        data = payload.model_dump_json()
        origin = (cause.source, cause.id, data) if once is None else (once,)
        identity = derived_id(payload.TYPE, *origin)
        if once is not None:
            self.unique.add(identity)
        self.follow_ups.append(
            Envelope(
                source=WORKERS_SOURCE,
                id=identity,
                type=payload.TYPE,
                subject=payload.subject,
                time=cause.time,
                data=data,
                traceparent=cause.traceparent,
                tracestate=cause.tracestate,
                cause=cause.seq,
            )
        )

    def of(self, handler: str) -> list[Envelope]:
        """Give what follows from this handler.

        Two handlers of one cause may both say that the same thing was settled: the second says it
        of a newer state, and must not pass for a repetition of the first. Each belongs to its
        cause's trace, as a span of its own.
        """
        return [_follow_up(each, self._identity(each, handler)) for each in self.follow_ups]

    def _identity(self, follow_up: Envelope, handler: str) -> str:
        is_unique = follow_up.id in self.unique
        return follow_up.id if is_unique else derived_id(handler, follow_up.id)


def _follow_up(said: Envelope, identity: str) -> Envelope:
    parent = said.traceparent
    return replace(said, id=identity, traceparent=parent and child(parent, identity))
