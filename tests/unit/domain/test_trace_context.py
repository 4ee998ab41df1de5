"""W3C Trace Context: what is taken, what is refused, and what follows."""

import pytest

from domain.batch import DomainEvent, Effects
from domain.kudos.payloads import KudosGiven
from domain.tables.kudos import Kudo
from domain.trace_context import (
    STATE_LIMIT_CHARACTERS,
    check_traceparent,
    check_tracestate,
    child,
    is_sampled,
    span_of,
    trace_context,
    trace_id,
)
from tests.factories.rows import START
from tests.helpers.pages import an_id

TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = f"00-{TRACE}-b7ad6b7169203331-01"
THANKS = KudosGiven(
    kudos_id=an_id("thanks"),
    event_id=an_id("drinks"),
    giver_id=an_id("Ada"),
    receiver_id=an_id("Bo"),
    kudo=Kudo.HELPFUL,
)


class TestTraceparent:
    @pytest.mark.parametrize(
        "said",
        [
            PARENT,
            f"00-{TRACE}-b7ad6b7169203331-00",
            f"00-{TRACE}-b7ad6b7169203331-03",
            f"cc-{TRACE}-b7ad6b7169203331-01",
            f"cc-{TRACE}-b7ad6b7169203331-01-what-the-future-will-be-like",
        ],
    )
    def test_what_is_one_is_taken(self, said: str) -> None:
        assert check_traceparent(said) == said

    @pytest.mark.parametrize(
        "said",
        [
            "",
            PARENT.upper(),
            PARENT + "-more",
            PARENT + "\n",
            f"ff-{TRACE}-b7ad6b7169203331-01",
            f"0-{TRACE}-b7ad6b7169203331-01",
            f"00-{'0' * 32}-b7ad6b7169203331-01",
            f"00-{TRACE}-{'0' * 16}-01",
            f"00-{TRACE}-b7ad6b7169203331",
            f"00-{TRACE}-b7ad6b7169203331-1",
            f"cc-{TRACE}-b7ad6b7169203331-01.x",
            f"cc-{TRACE}-b7ad6b7169203331-01-{'x' * 256}",
        ],
    )
    def test_what_is_none_is_refused(self, said: str) -> None:
        with pytest.raises(ValueError, match="is not a W3C traceparent"):
            check_traceparent(said)


class TestTracestate:
    @pytest.mark.parametrize(
        ("said", "kept"),
        [
            ("rojo=00f067aa0ba902b7", "rojo=00f067aa0ba902b7"),
            ("rojo=1,congo=t61rcWkgMzE", "rojo=1,congo=t61rcWkgMzE"),
            ("rojo=1 ,\t congo=2,,", "rojo=1,congo=2"),
            ("fw529a3039@dt=FfffFI0;x", "fw529a3039@dt=FfffFI0;x"),
            ("", ""),
        ],
    )
    def test_what_is_one_is_taken(self, said: str, kept: str) -> None:
        assert check_tracestate(said) == kept

    @pytest.mark.parametrize(
        "said",
        [
            "rojo",
            "=1",
            "rojo=",
            "Rojo=1",
            "rojo=a=b",
            "rojo=1,rojo=2",
            f"{'x' * 257}=1",
            f"x={'y' * 257}",
            "x=\N{SNOWMAN}",
            "x=a\x00",
            ",".join(f"v{number}=1" for number in range(33)),
        ],
    )
    def test_what_is_none_is_refused(self, said: str) -> None:
        with pytest.raises(ValueError, match=r"tracestate|32 members"):
            check_tracestate(said)

    def test_thirty_two_members_of_512_characters_are_kept_whole(self) -> None:
        said = ",".join(f"v{number:02}={'x' * 11}" for number in range(32))
        said += "x" * (STATE_LIMIT_CHARACTERS - len(said))
        assert len(said) == STATE_LIMIT_CHARACTERS
        assert check_tracestate(said) == said

    def test_of_more_long_members_go_first_and_then_the_last(self) -> None:
        short = [f"v{number:02}={'x' * 90}" for number in range(6)]
        long = f"long={'y' * 200}"
        assert check_tracestate(",".join([long, *short])) == ",".join(short[:5])


class TestRequestHeaders:
    @pytest.mark.parametrize(
        ("parent", "state", "found"),
        [
            (PARENT, "a=1", (PARENT, "a=1")),
            (f" {PARENT} ", None, (PARENT, None)),
            (PARENT, "nonsense", (PARENT, None)),
            ("nonsense", "a=1", None),
            (None, "a=1", None),
        ],
    )
    def test_what_is_no_context_counts_as_none(
        self, parent: str | None, state: str | None, found: tuple[str, str | None] | None
    ) -> None:
        assert trace_context(parent, state) == found


class TestWhatFollows:
    def cause(self, traceparent: str | None = PARENT) -> DomainEvent[KudosGiven]:
        data = THANKS.model_dump_json()
        return DomainEvent(7, "said", "/test", START, THANKS, data, traceparent, "a=1")

    def test_it_belongs_to_the_same_trace_as_a_span_of_its_own(self) -> None:
        effects = Effects()
        effects.follow(self.cause(), THANKS)
        (follow_up,) = effects.of("kudos.apply_kudos_given")
        assert follow_up.traceparent is not None
        assert trace_id(follow_up.traceparent) == TRACE
        assert follow_up.traceparent == f"00-{TRACE}-{span_of(follow_up.id)}-01"
        assert follow_up.tracestate == "a=1"

    def test_applied_again_it_is_the_same(self) -> None:
        found = []
        for _ in range(2):
            effects = Effects()
            effects.follow(self.cause(), THANKS)
            found += effects.of("kudos.apply_kudos_given")
        assert found[0] == found[1]

    def test_of_no_trace_follows_none(self) -> None:
        effects = Effects()
        effects.follow(self.cause(None), THANKS)
        assert effects.of("kudos.apply_kudos_given")[0].traceparent is None

    @pytest.mark.parametrize(("flags", "kept"), [("00", "00"), ("03", "03"), ("ff", "03")])
    def test_whether_it_is_recorded_is_handed_on(self, flags: str, kept: str) -> None:
        parent = f"cc-{TRACE}-b7ad6b7169203331-{flags}"
        made = child(parent, "said")
        assert made == f"00-{TRACE}-{span_of('said')}-{kept}"
        assert is_sampled(made) is (kept != "00")
        assert check_traceparent(made)
