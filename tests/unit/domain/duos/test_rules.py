"""Rules, "Duos": what the text says beside its table."""

from datetime import datetime
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.constants import DUO_LIFE
from domain.duos.rules import Block, Outing, Span, expiry, is_blocked, judge_proposal
from domain.facts import Fact
from tests.factories.duos import (
    ACCEPTED,
    EXPIRES,
    PROPOSED,
    accepted,
    blocked,
    declined,
    expired,
    outing,
    proposed,
    settled,
    unblocked,
)
from tests.factories.facts import DAY, END, HOUR, INSTANT, MINUTE, START, a_fact


class TestExpiry:
    def test_seven_days_unless_given(self) -> None:
        silent = a_fact("duo.proposed", PROPOSED, initiator_id="ada", partner_id="bo")
        assert expiry(silent) == PROPOSED + DUO_LIFE == PROPOSED + 7 * DAY
        assert expiry(proposed()) == EXPIRES

    def test_it_is_read_however_rfc_3339_lets_it_be_written(self) -> None:
        said = proposed(expires_at="2026-06-21t18:00:00z")
        assert expiry(said) == EXPIRES


class TestJudgeProposal:
    @pytest.mark.parametrize(
        ("said", "reason"),
        [
            pytest.param({}, None, id="two people"),
            pytest.param({"partner_id": "ada"}, "self", id="with oneself"),
            pytest.param(
                {"expires_at": PROPOSED.isoformat()}, "expires_at_once", id="over at once"
            ),
            pytest.param(
                {"expires_at": (PROPOSED - DAY).isoformat()}, "expires_at_once", id="over before"
            ),
            pytest.param(
                {"expires_at": (PROPOSED + INSTANT).isoformat()}, None, id="open for a moment"
            ),
        ],
    )
    def test_what_it_says_itself_may_bar_it(self, said: dict[str, Any], reason: str | None) -> None:
        refusal = judge_proposal(proposed(**said))
        assert (refusal.reason if refusal else None) == reason


class TestIsBlocked:
    @pytest.mark.parametrize(
        ("blocks", "stands"),
        [
            pytest.param([], False, id="nobody blocks"),
            pytest.param([blocked(START)], True, id="from its own moment"),
            pytest.param([blocked(START + INSTANT)], False, id="not before"),
            pytest.param([blocked(START - DAY, by="bo")], True, id="in the other direction"),
            pytest.param([blocked(START - DAY), unblocked(START - HOUR)], False, id="ended"),
            pytest.param(
                [blocked(START - DAY), unblocked(START - HOUR, by="bo")],
                True,
                id="the other's is no end",
            ),
            pytest.param(
                [unblocked(START - DAY), blocked(START - HOUR)], True, id="an older end is none"
            ),
            pytest.param(
                [unblocked(START, id_="a"), blocked(START, id_="b")], True, id="of two the newest"
            ),
        ],
    )
    def test_a_block_stands_until_a_newer_end(self, blocks: list[Block], *, stands: bool) -> None:
        assert is_blocked(blocks, START) is stands
        assert is_blocked(blocks[::-1], START) is stands


class TestSpan:
    @pytest.mark.parametrize(
        ("opened_at", "open_until", "overlaps"),
        [
            pytest.param(START - DAY, START, False, id="over when the other begins"),
            pytest.param(START - DAY, START + INSTANT, True, id="over a moment later"),
            pytest.param(END, END + DAY, False, id="begins when the other is over"),
            pytest.param(START + HOUR, START + 2 * HOUR, True, id="within"),
            pytest.param(START - DAY, END + DAY, True, id="around"),
            pytest.param(START + HOUR, START + HOUR, False, id="never open"),
        ],
    )
    def test_two_overlap_when_both_are_open_at_a_moment(
        self, opened_at: datetime, open_until: datetime, *, overlaps: bool
    ) -> None:
        one, other = Span(START, END), Span(opened_at, open_until)
        assert one.overlaps(other) is overlaps
        assert other.overlaps(one) is overlaps


class TestOpen:
    """From the proposal until declined, expired, blocked or completed."""

    @pytest.mark.parametrize(
        ("facts", "rest", "until"),
        [
            pytest.param([], {}, EXPIRES, id="pending"),
            pytest.param([accepted()], {}, EXPIRES, id="active"),
            pytest.param([expired(EXPIRES + DAY)], {}, EXPIRES, id="expired, said late"),
            pytest.param([declined(START)], {}, START, id="declined"),
            pytest.param([declined(EXPIRES + DAY)], {}, EXPIRES, id="declined too late"),
            pytest.param([declined(PROPOSED - DAY)], {}, PROPOSED, id="declined by an older word"),
            pytest.param([], {"blocks": [blocked(START)]}, START, id="blocked"),
            pytest.param([], {"deleted_at": START}, START, id="deleted"),
            pytest.param([], {"deleted_at": PROPOSED - DAY}, PROPOSED, id="deleted before"),
            pytest.param([accepted()], {"outings": [outing()]}, END + 2 * HOUR, id="completed"),
            pytest.param(
                [accepted(), declined(END)], {"outings": [outing()]}, END, id="completed, declined"
            ),
            pytest.param(
                [accepted()],
                {"outings": [outing(completed_at=EXPIRES + DAY)]},
                EXPIRES,
                id="completed after expires_at",
            ),
        ],
    )
    def test_it_is_open_until(
        self, facts: list[Fact], rest: dict[str, Any], until: datetime
    ) -> None:
        assert settled(*facts, **rest).span == Span(PROPOSED, until)


class TestBlocks:
    def test_one_that_stood_at_the_proposal_expires_it_as_of_then(self) -> None:
        pact = settled(accepted(), blocks=[blocked(PROPOSED - DAY)])
        assert (pact.status, pact.span) == ("expired", Span(PROPOSED, PROPOSED))

    def test_one_that_had_ended_by_then_is_none(self) -> None:
        over = [blocked(PROPOSED - DAY), unblocked(PROPOSED - HOUR)]
        assert settled(accepted(), blocks=over).status == "active"

    def test_its_end_brings_nothing_back(self) -> None:
        over = [blocked(ACCEPTED + DAY), unblocked(ACCEPTED + 2 * DAY)]
        assert settled(accepted(), blocks=over).status == "expired"


class TestProposals:
    def test_what_refers_to_it_comes_after_it_whatever_its_time(self) -> None:
        assert settled(accepted(PROPOSED - DAY)).status == "active"
        assert settled(declined(PROPOSED - DAY), accepted()).status == "declined"

    def test_of_several_for_one_duo_the_earliest_stands(self) -> None:
        sooner = proposed(PROPOSED - HOUR, expires_at=START.isoformat())
        again = proposed()
        pact = settled(sooner, again)
        assert (pact.opened_at, pact.expires_at) == (PROPOSED - HOUR, START)
        assert pact.notes == {again.stamp: "already_proposed"}


class TestNotes:
    @pytest.mark.parametrize(
        ("facts", "rest", "note"),
        [
            pytest.param([accepted(EXPIRES + MINUTE)], {}, "too_late", id="after expires_at"),
            pytest.param([accepted(START), accepted()], {}, "duo_active", id="agreed twice"),
            pytest.param([accepted(START), declined(ACCEPTED)], {}, "duo_declined", id="declined"),
            pytest.param([expired(START)], {}, "not_due", id="before expires_at"),
            pytest.param([expired(), declined(START)], {}, "duo_declined", id="over by then"),
            pytest.param(
                [declined(START)], {"blocks": [blocked(ACCEPTED)]}, "duo_expired", id="blocked"
            ),
            pytest.param(
                [expired(), accepted()], {"outings": [outing()]}, "duo_completed", id="completed"
            ),
            pytest.param([accepted()], {}, None, id="what has an effect has none"),
        ],
    )
    def test_what_has_no_effect_is_told_why(
        self, facts: list[Fact], rest: dict[str, Any], note: str | None
    ) -> None:
        assert settled(*facts, **rest).notes.get(facts[0].stamp) == note


class TestCompletion:
    def test_of_two_events_the_one_that_was_completed_first(self) -> None:
        later = outing("brunch", starts_at=START - HOUR, completed_at=END + DAY)
        pact = settled(accepted(), outings=[later, outing()])
        assert pact.completed_by == outing()

    def test_an_event_that_is_none_of_theirs_any_more_leaves_what_was_said(self) -> None:
        assert settled(accepted(), expired()).status == "expired"


A_TIME = st.integers(-24 * 9, 24 * 2).map(lambda hours: START + hours * HOUR)
AN_ID = st.sampled_from("abc")
FACTS = st.lists(
    st.one_of(
        st.builds(proposed, A_TIME.filter(lambda time: time < EXPIRES), id_=AN_ID),
        *(st.builds(made, A_TIME, id_=AN_ID) for made in (accepted, declined, expired)),
    ),
    max_size=6,
    unique_by=lambda fact: fact.stamp,
)
BLOCKS = st.lists(
    st.one_of(
        *(
            st.builds(made, A_TIME, by=st.sampled_from(["ada", "bo"]), id_=AN_ID)
            for made in (blocked, unblocked)
        )
    ),
    max_size=3,
    unique_by=lambda block: block.stamp,
)
OUTINGS = st.lists(
    st.builds(Outing, AN_ID, A_TIME, A_TIME.map(lambda time: time + DAY)),
    max_size=2,
    unique_by=lambda outing: outing.event,
)


class TestFold:
    @given(FACTS, BLOCKS, st.none() | A_TIME, OUTINGS, st.randoms(use_true_random=False))
    def test_the_order_of_arrival_has_no_meaning(
        self,
        facts: list[Fact],
        blocks: list[Block],
        deleted_at: datetime | None,
        outings: list[Outing],
        draw: Random,
    ) -> None:
        def pact(arrived: list[Fact]) -> Any:
            around = {
                "blocks": draw.sample(blocks, len(blocks)),
                "outings": draw.sample(outings, len(outings)),
            }
            return settled(*arrived, **around, deleted_at=deleted_at)

        assert pact(draw.sample(facts, len(facts))) == pact(facts)

    @given(FACTS, BLOCKS, st.none() | A_TIME, OUTINGS)
    def test_it_is_never_open_beyond_its_time(
        self,
        facts: list[Fact],
        blocks: list[Block],
        deleted_at: datetime | None,
        outings: list[Outing],
    ) -> None:
        pact = settled(*facts, blocks=blocks, deleted_at=deleted_at, outings=outings)
        assert pact.opened_at <= pact.open_until <= pact.expires_at
        assert (pact.status == "completed") == (pact.completed_by is not None)
