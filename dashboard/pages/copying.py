"""`/domain-events/{seq}/copy`: a dead delivery as a test, and as an incident to send on."""

from collections.abc import Iterator

from sqlmodel import Session
from starlette.exceptions import HTTPException
from starlette.requests import Request

from dashboard.asking import text, whole
from dashboard.context import context_of
from dashboard.rendering import Page
from dashboard.rewinding import APART
from dashboard.snapshots import Latest
from dashboard.words import listed, short
from domain.figures.judgement import judge_snapshot
from domain.figures.store import snapshots_around
from domain.ops.copying import Copied, copy_delivery
from domain.ops.reproducing import as_incident, as_test


async def show_copy(request: Request) -> Page:
    """Both as plain text, to be selected or copied."""
    seq, handler = whole(request.path_params, "seq"), text(request.query_params, "handler")

    def read(session: Session) -> tuple[Copied, list[str]] | None:
        copied = copy_delivery(session, seq or 0, handler or "")
        return None if copied is None else (copied, list(_around(session, copied)))

    if (found := await context_of(request).look(read)) is None:
        raise HTTPException(404, "There is no such delivery that has failed.")
    copied, around = found
    values = {
        "copied": copied,
        "test": as_test(copied) if copied.said else "",
        "incident": as_incident(copied, around=around),
    }
    return Page(f"Copy of {short(copied.type)} #{copied.seq}", "copying.html", values)


def _around(session: Session, copied: Copied) -> Iterator[str]:
    """Say how everything stood when it settled, as far as that is kept."""
    at = copied.settled_at or copied.received_at
    around = snapshots_around(session, at)
    if around.snapshot is None or around.at is None or abs(around.at - at) > APART:
        yield "then       no snapshot is kept of that moment"
        return
    snapshot = around.snapshot
    yield f"then       {judge_snapshot(Latest(snapshot, 0.0)).statement}"
    there = [each for each in snapshot.processes.value or () if not each.is_gone]
    versions = sorted({each.version for each in there})
    yield f"versions   {listed(versions) if versions else 'not known'}"
    for deploy in (snapshot.deploys.value or ())[-1:]:
        yield f"deployed   {deploy.version} at {deploy.at:%Y-%m-%d %H:%M:%S} UTC"
