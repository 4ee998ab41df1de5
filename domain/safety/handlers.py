"""Applies blocks, reports, and what speaks against hosts."""

from datetime import datetime

from sqlmodel import Session

from domain.batch import Batch, Effects
from domain.blocks import Word, has_effect
from domain.gatherings.payloads import EventSettled
from domain.ratings.payloads import HostRatingChanged
from domain.safety.blocking import (
    forget_after_deletion,
    keep_words,
    late_verdicts,
    pair_of,
    settle_blocks,
)
from domain.safety.payloads import ReportFiled, ReportResolved, UserBlocked, UserUnblocked
from domain.safety.reliability import flag_for_cancellations, flag_for_ratings, settle_log
from domain.safety.reporting import make_reports, settle_reports, taken_verdicts
from domain.safety.rules import judge_block, judge_report
from domain.things import Hold, lock
from domain.users.payloads import UserDeparted
from domain.verdict import Accepted, Verdict


def apply_user_blocked(session: Session, batch: Batch[UserBlocked], now: datetime) -> Effects:
    """Keep blocks; what lies between the two is judged again."""
    del now
    return _keep_and_settle(session, batch, blocks=True)


def apply_user_unblocked(session: Session, batch: Batch[UserUnblocked], now: datetime) -> Effects:
    """Keep the ends of blocks; what lies between the two is judged again."""
    del now
    return _keep_and_settle(session, batch, blocks=False)


def apply_user_departed(session: Session, batch: Batch[UserDeparted], now: datetime) -> Effects:
    """Forget what people who were deleted said of others after that, heard of before it."""
    del now
    effects = Effects()
    causes = {each.payload.user_id: each for each in batch}
    forgotten = forget_after_deletion(session, causes)
    settle_blocks(session, {pair: causes[pair[0]] for pair in forgotten}, effects=effects)
    return effects


def apply_report_filed(session: Session, batch: Batch[ReportFiled], now: datetime) -> Effects:
    """Keep reports; a row that an API service has written itself is found."""
    del now
    verdicts: dict[int, Verdict] = {}
    for filed in batch:
        refusal = judge_report(filed.payload.reporter_id, filed.payload.reported_id)
        if refusal is not None:
            verdicts[filed.seq] = refusal
    rest = batch.without(verdicts)
    make_reports(session, rest)
    lock(session, "report", (each.payload.report_id for each in rest), Hold.CHANGE)
    verdicts |= taken_verdicts(session, rest)
    effects = Effects(verdicts)
    settle_reports(session, rest.without(verdicts), effects=effects)
    return effects


def apply_report_resolved(session: Session, batch: Batch[ReportResolved], now: datetime) -> Effects:
    """Close reports; what the outcome means for the person follows."""
    del now
    effects = Effects()
    settle_reports(session, batch, effects=effects)
    return effects


def apply_event_settled(session: Session, batch: Batch[EventSettled], now: datetime) -> Effects:
    """Write down which events their hosts cancelled; who does so often is flagged."""
    del now
    effects = Effects()
    hosts = settle_log(session, {each.payload.event_id: each for each in batch})
    flag_for_cancellations(session, hosts, effects=effects)
    return effects


def apply_host_rating_changed(
    session: Session, batch: Batch[HostRatingChanged], now: datetime
) -> Effects:
    """Flag hosts whose average is poor."""
    del now
    effects = Effects()
    flag_for_ratings(session, {each.payload.host_id: each for each in batch}, effects=effects)
    return effects


def _keep_and_settle(
    session: Session, batch: Batch[UserBlocked] | Batch[UserUnblocked], *, blocks: bool
) -> Effects:
    """Keep what people said of one another, and settle what blocks follow from it."""
    verdicts: dict[int, Verdict] = {}
    for each in batch:
        refusal = judge_block(each.payload.blocker_id, each.payload.blocked_id)
        if refusal is not None:
            verdicts[each.seq] = refusal
    verdicts |= late_verdicts(session, batch.without(verdicts))
    rest = batch.without(verdicts)
    keep_words(session, rest, blocks=blocks)
    effects = Effects(verdicts)
    words = settle_blocks(session, {pair_of(each): each for each in rest}, effects=effects)
    for each in rest:
        if not has_effect(Word(each.stamp, blocks), words[pair_of(each)]):
            effects.verdicts[each.seq] = Accepted("already_blocked" if blocks else "not_blocked")
    return effects
