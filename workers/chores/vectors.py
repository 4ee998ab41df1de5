"""Makes vectors: takes requests in hand, embeds the texts outside of any transaction, writes."""

import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Engine
from sqlmodel import Session

from domain.matching.means import average_dislikes, average_likes
from domain.matching.proposals import propose
from domain.matching.remodelling import ask_for_remodelling
from domain.matching.requests import Request, finish, give_back, is_due, put_off, take
from domain.matching.sources import EMBEDDED, Key, Source, read_sources
from domain.matching.vectors import write_vectors
from domain.ports import Embedder, PortRefusalError, PortTroubleError, Vector, as_trouble
from domain.resting import end_rest, is_resting, rest
from domain.tables.matching import RequestKind
from workers.chores.chore import transaction
from workers.log import logger

PORT: Final = "embeddings"
# Of each kind at once: all texts of a portion are one question to the port.
PORTION: Final = 20
# Those that were refused in company are asked alone, and not all of them at once.
ALONE: Final = 10
# Of the vectors of another model, so many are asked for at a time.
REMODELLED: Final = 200
# After this long another tick goes on.
SLICE: Final = timedelta(seconds=2)
_LOG: Final = logger("chores")


@dataclass(slots=True)
class Answers:
    """What the port made of the texts that it was asked."""

    vectors: dict[str, Vector] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)
    trouble: PortTroubleError | None = None


def make_vectors(engine: Engine, embedder: Embedder, *, now: datetime) -> int:
    """Make what is asked for, portion by portion, for a while; give how many requests were met."""
    ends = time.monotonic() + SLICE.total_seconds()
    total = 0
    if _is_idle(engine, embedder.model, now=now):
        return total
    while met := _embed_portion(engine, embedder, now=now) + _derive_portion(engine, now=now):
        total += met
        if time.monotonic() >= ends:
            return total
    return total


def _is_idle(engine: Engine, model: str, *, now: datetime) -> bool:
    """Say whether nothing is due; then ask for vectors that another model made, if any."""
    with transaction(engine) as session:
        if is_due(session, now=now):
            return False
        if is_resting(session, PORT, now=now):
            return True
        return not ask_for_remodelling(session, model, limit=REMODELLED, now=now)


def _embed_portion(engine: Engine, embedder: Embedder, *, now: datetime) -> int:
    """Make a portion of the vectors that are made from texts."""
    with transaction(engine) as session:
        if is_resting(session, PORT, now=now):
            return 0
        requests = take(session, EMBEDDED, limit=PORTION, now=now)
        read = read_sources(session, [_key(each) for each in requests]) if requests else {}
    if not requests:
        return 0
    stale = {key: source for key, source in read.items() if source.is_stale(embedder.model)}
    answers = _ask(embedder, _questions(requests, stale))
    return _write(engine, _Portion(requests, stale, answers), model=embedder.model, now=now)


def _key(request: Request) -> Key:
    return request.kind, request.target


def _questions(requests: Iterable[Request], stale: Mapping[Key, Source]) -> list[list[str]]:
    """Put texts together that are asked at once: the fresh ones, and each suspect alone."""
    suspects = {_key(each) for each in requests if each.attempts}
    fresh = {source.text for key, source in stale.items() if key not in suspects}
    alone = {source.text for key, source in stale.items() if key in suspects} - fresh
    together = sorted(text for text in fresh if text is not None)
    singly = [[text] for text in sorted(text for text in alone if text is not None)]
    return [*([together] if together else []), *singly[:ALONE]]


def _ask(embedder: Embedder, questions: Sequence[list[str]]) -> Answers:
    """Ask the port, until it is in trouble."""
    answers = Answers()
    for texts in questions:
        try:
            answers.vectors |= dict(zip(texts, embedder.embed(texts), strict=True))
        except PortRefusalError:
            answers.refused.update(texts)
        except Exception as error:  # noqa: BLE001 - whatever it is, the port is left alone
            answers.trouble = as_trouble(error)
            break
    return answers


@dataclass(frozen=True, slots=True)
class _Portion:
    """What was taken in hand, what of it is stale, and what the port said."""

    requests: Sequence[Request]
    stale: Mapping[Key, Source]
    answers: Answers

    def keys(self, texts: Collection[str]) -> set[Key]:
        """Give what is to be made from these texts."""
        return {key for key, source in self.stale.items() if source.text in texts}

    @property
    def answered(self) -> dict[Key, Source]:
        """Give what can be written: what has a vector, and what has no text any more."""
        return {
            key: source
            for key, source in self.stale.items()
            if source.text is None or source.text in self.answers.vectors
        }


def _write(engine: Engine, portion: _Portion, *, model: str, now: datetime) -> int:
    """Write the vectors; what was refused or not answered is asked again later."""
    answers, answered = portion.answers, portion.answered
    refused = portion.keys(answers.refused)
    with transaction(engine) as session:
        changed = write_vectors(session, answered, answers.vectors, model=model, now=now)
        again = changed | (portion.stale.keys() - answered.keys() - refused)
        met = [each for each in portion.requests if _key(each) not in again | refused]
        finish(session, met)
        give_back(session, (each for each in portion.requests if _key(each) in again), now=now)
        put_off(session, (each for each in portion.requests if _key(each) in refused), now=now)
        if answers.trouble is not None:
            pause = rest(session, PORT, answers.trouble, now=now)
        elif answers.vectors or refused:
            end_rest(session, PORT)
    if answers.trouble is not None:
        _LOG.warning("port.resting", port=PORT, reason=answers.trouble.reason, pause=str(pause))
    if refused:
        _LOG.warning("port.refused", port=PORT, texts=len(answers.refused))
    return len(met)


def _derive_portion(engine: Engine, *, now: datetime) -> int:
    """Make a portion of what is made from vectors alone; proposals one by one."""
    met = 0
    for kind in DERIVED:
        limit = 1 if kind is RequestKind.PROPOSALS else PORTION
        with transaction(engine) as session:
            requests = take(session, (kind,), limit=limit, now=now)
        if requests and not _derive(engine, requests, now=now):
            for each in requests:
                if not _derive(engine, [each], now=now):
                    with transaction(engine) as session:
                        put_off(session, [each], now=now)
        met += len(requests)
    return met


def _derive(engine: Engine, requests: Sequence[Request], *, now: datetime) -> bool:
    """Make what is asked for, all of one kind, in a transaction; say whether it went well."""
    kind = requests[0].kind
    try:
        with transaction(engine) as session:
            DERIVED[kind](session, sorted({each.target for each in requests}), now)
            finish(session, requests)
    except Exception as error:  # noqa: BLE001 - whatever it is, it must hurt only itself
        failed = type(error).__name__
        _LOG.warning("request.failed", kind=kind, requests=len(requests), error=failed)
        return False
    return True


def _propose(session: Session, events: Sequence[str], now: datetime) -> None:
    for each in events:
        propose(session, each, now=now)


DERIVED: Final[Mapping[RequestKind, Callable[[Session, Sequence[str], datetime], None]]] = {
    RequestKind.NEGATIVE: lambda session, people, _: average_dislikes(session, people),
    RequestKind.ATTRACTION: lambda session, people, _: average_likes(session, people),
    RequestKind.PROPOSALS: _propose,
}
