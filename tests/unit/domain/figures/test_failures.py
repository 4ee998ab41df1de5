"""Failures are told apart by handler and error, not by lines, ids and numbers."""

import pytest

from domain.figures.failures import OTHERS, Failures, kind_of
from domain.fingerprint import KILLED, fingerprint_of, fingerprint_of_wait

ERROR = "KeyError | kudos/handlers.py:88 in apply_kudos_given | kudos/scoring.py:12 in score"


class TestKinds:
    def test_another_line_is_the_same_kind(self) -> None:
        moved = ERROR.replace(":88", ":91").replace(":12", ":7")
        assert kind_of("h", ERROR).fingerprint == kind_of("h", moved).fingerprint
        assert kind_of("h", ERROR).error == (
            "KeyError | kudos/handlers.py in apply_kudos_given | kudos/scoring.py in score"
        )

    def test_another_handler_place_or_class_is_another_kind(self) -> None:
        kinds = {
            kind_of("h", ERROR).fingerprint,
            kind_of("other", ERROR).fingerprint,
            kind_of("h", ERROR.replace("scoring", "rules")).fingerprint,
            kind_of("h", ERROR.replace("KeyError", "ValueError")).fingerprint,
        }
        assert len(kinds) == 4

    def test_ids_and_long_numbers_are_left_out(self) -> None:
        said = "waited for event:018f0000-0000-7000-8000-000000000000 since 20261121"
        assert kind_of("h", said).error == "waited for event:… since …"

    def test_an_sqlstate_stays(self) -> None:
        assert "SQLSTATE 23505" in kind_of("h", "UniqueViolation | SQLSTATE 23505 | a_key").error


class TestFailures:
    def test_are_counted_and_taken_once(self) -> None:
        failures = Failures()
        failures.add("h", ERROR, by=2)
        failures.add("h", ERROR)
        assert failures.take() == {kind_of("h", ERROR): 3}
        assert failures.take() == {}

    def test_what_could_not_be_written_is_kept(self) -> None:
        failures = Failures()
        failures.add("h", ERROR)
        taken = failures.take()
        failures.add("h", ERROR)
        failures.put_back(taken)
        assert failures.take() == {kind_of("h", ERROR): 2}

    def test_a_flood_of_kinds_is_bounded(self) -> None:
        failures = Failures()
        for letter in range(1_000):
            failures.add("h", f"Error{chr(0x4E00 + letter)}")
        taken = failures.take()
        assert len(taken) <= 201
        assert sum(taken.values()) == 1_000
        assert OTHERS in {failure.error for failure in taken}


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (ERROR, fingerprint_of(ERROR)),
        (fingerprint_of(ERROR), fingerprint_of(ERROR)),
        (fingerprint_of_wait("waited in vain for event:018f"), "waited in vain for event"),
        (KILLED, KILLED),
    ],
)
def test_what_is_counted_is_what_deliveries_keep(error: str, kind: str) -> None:
    """There is one notion of a kind of error: who sees it counted finds it among the dead."""
    assert kind_of("h", error).error == kind
