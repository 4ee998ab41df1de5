"""Rules, "Events": what a gathering is after all that was said about it."""

from datetime import datetime
from typing import Any

import pytest

from domain.facts import Fact
from domain.gatherings.rules import Gathering, ends_at, is_material, settle_gathering, starts_at
from tests.factories.facts import DAY, END, HOUR, INSTANT, MINUTE, START, a_fact, a_stop, in_order

PUBLISHED = START - 30 * DAY
CHANGED = START - 10 * DAY


def gathering(*facts: Fact, departures: tuple[datetime, ...] = ()) -> Gathering:
    published = a_fact(
        "event.published",
        PUBLISHED,
        title="Drinks",
        age_min=21,
        max_attendees=8,
        itinerary=[a_stop()],
        collaborators=[{"role": "Instructor", "first_name": "Ida"}],
    )
    return settle_gathering(in_order([published, *facts]), departures)


def updated(time: datetime, /, *, id_: str = "m", **said: Any) -> Fact:
    return a_fact("event.updated", time, id_=id_, **said)


def cancelled(time: datetime, by: str = "system", *, id_: str = "m") -> Fact:
    return a_fact("event.cancelled", time, id_=id_, cancelled_by=by)


def completed(time: datetime, *, id_: str = "m") -> Fact:
    return a_fact("event.completed", time, id_=id_)


def finalized(time: datetime, *, id_: str = "f") -> Fact:
    return a_fact("event.finalized", time, id_=id_)


def moved(by: Any) -> Any:
    """The plan with its only stop moved."""
    return [a_stop(starts=START + by, ends=END + by)]


class TestSchedule:
    def test_an_event_lasts_from_its_first_stops_start_to_its_last_stops_end(self) -> None:
        stops = [
            a_stop(2, starts=START + HOUR, ends=END),
            a_stop(1, starts=START, ends=START + 5 * HOUR),
        ]
        assert (starts_at(stops), ends_at(stops)) == (START, END)


class TestPlan:
    @pytest.mark.parametrize(
        ("facts", "title", "age_min"),
        [
            pytest.param([], "Drinks", 21, id="as published"),
            pytest.param([updated(CHANGED, title="Wine")], "Wine", 21, id="updated"),
            pytest.param([updated(CHANGED, age_min=None)], "Drinks", None, id="null clears"),
            pytest.param(
                [updated(CHANGED, title="A", age_min=30), updated(CHANGED + HOUR, title="B")],
                "B",
                30,
                id="newest wins per field",
            ),
            pytest.param(
                [updated(CHANGED, title="A", id_="b"), updated(CHANGED, title="B", id_="a")],
                "A",
                21,
                id="of one time by id",
            ),
            pytest.param(
                [updated(PUBLISHED - HOUR, title="Wine")],
                "Wine",
                21,
                id="what creates comes first, whatever its time",
            ),
            pytest.param([updated(END, title="Wine")], "Wine", 21, id="at the very end"),
            pytest.param([updated(END + INSTANT, title="Wine")], "Drinks", 21, id="after the end"),
        ],
    )
    def test_each_field_is_what_was_said_last_before_the_end(
        self, facts: list[Fact], title: str, age_min: int | None
    ) -> None:
        columns = gathering(*facts).columns
        assert (columns["title"], columns["age_min"]) == (title, age_min)

    def test_an_update_after_the_end_is_noted_as_event_over(self) -> None:
        late = updated(END + INSTANT, title="Wine")
        assert gathering(late).notes == {late.stamp: "event_over"}

    def test_the_end_is_that_of_the_plan_as_it_then_stands(self) -> None:
        later, at_the_new_end = (
            updated(CHANGED, itinerary=moved(DAY)),
            updated(END + DAY, title="W"),
        )
        assert gathering(later, at_the_new_end).columns["title"] == "W"

    def test_stops_and_collaborators_are_replaced_whole(self) -> None:
        settled = gathering(updated(CHANGED, itinerary=moved(DAY), collaborators=None))
        assert (settled.columns["starts_at"], settled.columns["ends_at"]) == (
            START + DAY,
            END + DAY,
        )
        assert settled.collaborators == ()


class TestIsMaterial:
    @pytest.mark.parametrize(
        ("after", "material"),
        [
            pytest.param(moved(30 * MINUTE), False, id="exactly 30 minutes later"),
            pytest.param(moved(30 * MINUTE + INSTANT), True, id="more than 30 minutes later"),
            pytest.param(moved(-30 * MINUTE), False, id="exactly 30 minutes earlier"),
            pytest.param(moved(-30 * MINUTE - INSTANT), True, id="more than 30 minutes earlier"),
            pytest.param([a_stop(place="park")], True, id="another first place"),
            pytest.param([a_stop(ends=END + 5 * HOUR)], False, id="another end"),
            pytest.param(
                [a_stop(), a_stop(2, starts=END, ends=END + HOUR, place="park")],
                False,
                id="another stop after the first",
            ),
            pytest.param(
                [a_stop(2), a_stop(1, place="park")], True, id="another stop before the first"
            ),
        ],
    )
    def test_a_change_of_start_or_first_place_is_material(
        self, after: list[dict[str, Any]], *, material: bool
    ) -> None:
        assert is_material([a_stop()], after) is material

    @pytest.mark.parametrize(
        ("facts", "changes"),
        [
            pytest.param([updated(CHANGED, title="Wine")], [], id="no change of plan"),
            pytest.param(
                [
                    updated(CHANGED, itinerary=moved(20 * MINUTE)),
                    updated(CHANGED + HOUR, itinerary=moved(40 * MINUTE)),
                ],
                [],
                id="two small steps, each compared with the version before",
            ),
            pytest.param(
                [
                    updated(CHANGED, itinerary=moved(HOUR)),
                    updated(CHANGED + HOUR, itinerary=moved(0 * HOUR)),
                ],
                [CHANGED, CHANGED + HOUR],
                id="there and back again",
            ),
            pytest.param(
                [updated(END + INSTANT, itinerary=moved(HOUR))], [], id="none after the end"
            ),
        ],
    )
    def test_consecutive_versions_are_compared(
        self, facts: list[Fact], changes: list[datetime]
    ) -> None:
        assert gathering(*facts).columns["material_changes"] == changes


ENDS = ("status", "cancelled_at", "completed_at", "finalized_at")


class TestCancellation:
    @pytest.mark.parametrize(
        ("facts", "status", "at"),
        [
            pytest.param([], "published", None, id="not cancelled"),
            pytest.param([cancelled(START)], "cancelled", START, id="by system"),
            pytest.param([cancelled(START, "host")], "cancelled_by_host", START, id="by the host"),
            pytest.param(
                [cancelled(END - INSTANT)], "cancelled", END - INSTANT, id="before the end"
            ),
            pytest.param([cancelled(END)], "published", None, id="at the end: no effect"),
            pytest.param(
                [cancelled(START - HOUR, "host"), cancelled(START)],
                "cancelled_by_host",
                START - HOUR,
                id="of two the earlier",
            ),
            pytest.param(
                [cancelled(START, "host", id_="b"), cancelled(START, id_="a")],
                "cancelled",
                START,
                id="of two at one time by id",
            ),
            pytest.param(
                [cancelled(END), updated(CHANGED, itinerary=moved(HOUR))],
                "cancelled",
                END,
                id="judged again when the schedule changes",
            ),
        ],
    )
    def test_the_earliest_before_the_end_counts(
        self, facts: list[Fact], status: str, at: datetime | None
    ) -> None:
        columns = gathering(*facts).columns
        assert (columns["status"], columns["cancelled_at"]) == (status, at)

    def test_completion_and_finalisation_are_taken_back(self) -> None:
        done, final = completed(END + HOUR), finalized(END + DAY)
        settled = gathering(cancelled(START), done, final)
        assert [settled.columns[name] for name in ENDS] == ["cancelled", START, None, None]
        assert settled.notes == {done.stamp: "event_cancelled", final.stamp: "event_cancelled"}


class TestCompletion:
    @pytest.mark.parametrize(
        ("facts", "ends"),
        [
            pytest.param([completed(END)], ["completed", None, END, None], id="at the end"),
            pytest.param(
                [completed(END - INSTANT)],
                ["published", None, None, None],
                id="before the end: no effect",
            ),
            pytest.param(
                [completed(END + DAY, id_="a"), completed(END + HOUR, id_="b")],
                ["completed", None, END + HOUR, None],
                id="of two the earlier",
            ),
            pytest.param(
                [completed(END - HOUR), updated(CHANGED, itinerary=moved(-HOUR))],
                ["completed", None, END - HOUR, None],
                id="judged again when the schedule changes",
            ),
            pytest.param(
                [finalized(END + DAY)],
                ["published", None, None, None],
                id="finalisation waits for completion",
            ),
            pytest.param(
                [completed(END - HOUR), finalized(END + DAY)],
                ["published", None, None, None],
                id="finalisation waits for a completion that has effect",
            ),
            pytest.param(
                [completed(END + HOUR), finalized(END + DAY)],
                ["completed", None, END + HOUR, END + DAY],
                id="finalised",
            ),
        ],
    )
    def test_an_event_is_completed_once_it_is_over_and_then_finalised(
        self, facts: list[Fact], ends: list[Any]
    ) -> None:
        columns = gathering(*facts).columns
        assert [columns[name] for name in ENDS] == ends

    def test_what_has_no_effect_is_noted(self) -> None:
        early, final = completed(END - HOUR), finalized(END + DAY)
        assert gathering(early, final).notes == {
            early.stamp: "not_over_yet",
            final.stamp: "not_completed",
        }


class TestHostDepartures:
    @pytest.mark.parametrize(
        ("departures", "cancelled_at"),
        [
            pytest.param((PUBLISHED + INSTANT,), PUBLISHED + INSTANT, id="after it was published"),
            pytest.param((PUBLISHED - INSTANT,), None, id="before it was published"),
            pytest.param((START - INSTANT,), START - INSTANT, id="before the start"),
            pytest.param((START,), None, id="once it has started"),
            pytest.param((START - HOUR, CHANGED), CHANGED, id="of two the earlier"),
        ],
    )
    def test_events_that_had_not_started_are_cancelled_by_system(
        self, departures: tuple[datetime, ...], cancelled_at: datetime | None
    ) -> None:
        columns = gathering(departures=departures).columns
        status = "published" if cancelled_at is None else "cancelled"
        assert (columns["status"], columns["cancelled_at"]) == (status, cancelled_at)

    def test_an_earlier_cancellation_by_the_host_counts(self) -> None:
        columns = gathering(cancelled(CHANGED, "host"), departures=(START - HOUR,)).columns
        assert (columns["status"], columns["cancelled_at"]) == ("cancelled_by_host", CHANGED)
