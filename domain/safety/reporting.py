"""Keeps reports and what was decided about them, and settles them from both.

The reports are locked for change by the caller. What they mean for the person whom they are about
is settled by `report.settled`, under the lock of that person.
"""

from collections.abc import Mapping, Sequence

from sqlmodel import Session

from domain.batch import Batch, Effects
from domain.facts import Fact, keep, load
from domain.safety.payloads import ReportFiled, ReportResolved, ReportSettled
from domain.sql import execute, fetch, insert_missing, update_rows
from domain.tables.safety import ReportOutcome
from domain.verdict import Accepted, Rejected, Verdict

SAID = ("event_id", "photo_id", "category", "comments")
# What closes a report and does no more.
CLOSING = (ReportOutcome.NO_ACTION, ReportOutcome.WARNING)


def make_reports(session: Session, batch: Batch[ReportFiled]) -> None:
    """Insert reports that aren't there yet."""
    insert_missing(
        session,
        "reports",
        [
            {
                "id": each.payload.report_id,
                **each.payload.model_dump(exclude={"report_id"}),
                "status": "new",
            }
            for each in sorted(batch, key=lambda each: each.stamp.order)
        ],
    )


def taken_verdicts(session: Session, batch: Batch[ReportFiled]) -> dict[int, Verdict]:
    """Refuse reports whose id another one has: by somebody else, or about somebody else."""
    people = {
        report: (reporter, reported)
        for report, reporter, reported in fetch(
            session,
            "SELECT id, reporter_id, reported_id FROM reports WHERE id = ANY(%(ids)s)",
            ids=[each.payload.report_id for each in batch],
        )
    }
    return {
        each.seq: Rejected("id_taken", "another report has this report_id")
        for each in batch
        if people[each.payload.report_id] != (each.payload.reporter_id, each.payload.reported_id)
    }


def settle_reports(
    session: Session, batch: Batch[ReportFiled] | Batch[ReportResolved], *, effects: Effects
) -> None:
    """Keep what was said about reports and write what follows; of two alike the earlier stands."""
    keep(session, "report_facts", "report_id", batch)
    facts = load(session, "report_facts", "report_id", (each.payload.report_id for each in batch))
    filed = _first_of(facts, ReportFiled.NAME)
    resolved = _first_of(facts, ReportResolved.NAME)
    rows = [
        {
            "id": report,
            "reported_at": fact.stamp.time,
            **{name: fact.data.get(name) for name in SAID},
        }
        for report, fact in sorted(filed.items())
    ]
    update_rows(session, "reports", "id", rows)
    execute(
        session,
        "UPDATE reports SET status = 'resolved', updated_at = now()"
        " WHERE id = ANY(%(ids)s) AND status <> 'resolved'",
        ids=list(resolved),
    )
    effects.verdicts |= _notes(batch, filed, resolved=resolved)
    _follow(session, batch, effects=effects)


def _first_of(facts: Mapping[str, Sequence[Fact]], kind: str) -> dict[str, Fact]:
    """Give the first fact of a kind about each report that has one."""
    return {
        report: next(fact for fact in said if fact.kind == kind)
        for report, said in facts.items()
        if any(fact.kind == kind for fact in said)
    }


def _notes(
    batch: Batch[ReportFiled] | Batch[ReportResolved],
    filed: Mapping[str, Fact],
    *,
    resolved: Mapping[str, Fact],
) -> dict[int, Verdict]:
    """Say what had no effect: a second filing, and a second decision that only closes."""
    verdicts: dict[int, Verdict] = {}
    for each in batch:
        said = each.payload
        if isinstance(said, ReportFiled):
            if filed[said.report_id].stamp != each.stamp:
                verdicts[each.seq] = Accepted("another_stands")
        elif said.outcome in CLOSING and resolved[said.report_id].stamp != each.stamp:
            verdicts[each.seq] = Accepted("already_resolved")
    return verdicts


def _follow(
    session: Session, batch: Batch[ReportFiled] | Batch[ReportResolved], *, effects: Effects
) -> None:
    """Have the status of those whom the reports are about judged again."""
    reported = dict(
        fetch(
            session,
            "SELECT id, reported_id FROM reports WHERE id = ANY(%(ids)s)",
            ids=[each.payload.report_id for each in batch],
        )
    )
    for each in batch:
        report = each.payload.report_id
        effects.follow(each, ReportSettled(report_id=report, reported_id=reported[report]))
