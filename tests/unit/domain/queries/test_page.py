"""Cursors: they lead on from where a page ended, and from nowhere else."""

from datetime import UTC, datetime

import pytest

from domain.constants import PAGE_LIMIT
from domain.queries.page import (
    BEST_FIRST,
    BY_ID,
    NEWEST_FIRST,
    SOONEST_FIRST,
    BadCursorError,
    Order,
    Page,
    one_more,
    page,
)

ID = "00000000-0000-4000-8000-000000000001"
MOMENT = datetime(2026, 3, 14, 18, 0, 0, 1, tzinfo=UTC)


def cursor_after(*key: datetime | float | str) -> str:
    """The cursor of a page that ended with this key."""
    made = page(["last", "one more"], 1, key=lambda _: key)
    assert made.next is not None
    return made.next


class TestPage:
    def test_one_more_than_it_holds_says_that_there_is_a_next(self) -> None:
        made = page(["a", "b", "c"], 2, key=lambda each: (each,))
        assert made.items == ("a", "b")
        assert made.next is not None

    @pytest.mark.parametrize("items", [(), ("a",), ("a", "b")])
    def test_the_last_one_leads_nowhere(self, items: tuple[str, ...]) -> None:
        assert page(items, 2, key=lambda each: (each,)) == Page(items, None)

    @pytest.mark.parametrize("limit", [0, -1, PAGE_LIMIT + 1])
    def test_it_has_a_size_within_reason(self, limit: int) -> None:
        with pytest.raises(ValueError, match="between 1 and"):
            one_more(limit)


class TestOrder:
    @pytest.mark.parametrize(
        ("order", "key"),
        [(NEWEST_FIRST, (MOMENT, ID)), (BEST_FIRST, (0.1 + 0.2, ID)), (BY_ID, (ID,))],
    )
    def test_a_cursor_gives_back_the_key_to_the_last_bit(
        self, order: Order, key: tuple[datetime | float | str, ...]
    ) -> None:
        values = order.after(cursor_after(*key))
        read = [reader(value) for reader, value in zip(order.readers, values, strict=True)]
        assert [str(value) for value in read] == [str(part) for part in key]

    def test_without_a_cursor_it_begins_before_all_rows(self) -> None:
        assert NEWEST_FIRST.after(None)[0] == "infinity"
        assert SOONEST_FIRST.after(None)[0] == "-infinity"

    @pytest.mark.parametrize(
        "cursor",
        [
            "",
            "%%%",
            "ü",
            "bm8ganNvbg==",
            "MQ==",
            "WzEsMl0=",
            "eyJhIjogMX0=",
            "W1tb" * 1_000_000,
            cursor_after(ID),
            cursor_after(MOMENT, ID, ID),
            cursor_after(0.5, ID),
            cursor_after(MOMENT.replace(tzinfo=None), ID),
            cursor_after("infinity", ID),
            cursor_after(MOMENT, "'; DROP TABLE users; --"),
        ],
    )
    def test_what_no_page_of_this_list_gave_is_refused(self, cursor: str) -> None:
        with pytest.raises(BadCursorError):
            NEWEST_FIRST.after(cursor)

    def test_what_only_python_reads_is_written_as_postgres_does(self) -> None:
        odd = cursor_after("2026-W11-6T18:00:00+00", f"urn:uuid:{ID}")
        assert NEWEST_FIRST.after(odd) == ("2026-03-14T18:00:00+00:00", ID)

    def test_a_rank_is_a_number(self) -> None:
        with pytest.raises(BadCursorError):
            BEST_FIRST.after(cursor_after("nan", ID))
