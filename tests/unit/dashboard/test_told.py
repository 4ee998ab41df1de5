"""The runbook's text as HTML, and planned times by a clock on the wall."""

from datetime import UTC, datetime, timedelta

from dashboard.fires import fires
from dashboard.manual import manual, markup
from domain.figures.thresholds import COLLECTOR_SILENT, THRESHOLDS

HOUR = timedelta(hours=1)


class TestManual:
    def test_paragraphs_lists_tables_and_code(self) -> None:
        text = "See `a <b>`\nand on.\n\n- one\n- two `x`\n\n| a | b |\n| --- | --- |\n| 1 | `2` |\n"
        assert markup(text) == (
            "<p>See <code>a &lt;b&gt;</code> and on.</p>\n"
            "<ul><li>one</li><li>two <code>x</code></li></ul>\n"
            '<div class="scroll"><table><thead><tr><th scope="col">a</th><th scope="col">b</th>'
            "</tr></thead><tbody><tr><td>1</td><td><code>2</code></td></tr></tbody></table></div>"
        )

    def test_no_text_becomes_markup(self) -> None:
        hostile = "<script>x</script> [a](javascript:x) {{ 7*7 }} `<img src=x>`\n- <b>\n|<i>|\n"
        shown = markup(hostile)
        for tag in ("<script", "<img", "<b>", "<i>", "<a"):
            assert tag not in shown

    def test_every_alarm_has_its_long_section(self) -> None:
        names = [COLLECTOR_SILENT, *(each.name for each in THRESHOLDS)]
        assert [name for name in names if name not in manual()] == []
        places = [each.place for each in manual().values()]
        assert len(places) == len({*places})


class TestFires:
    def test_the_first_after_a_change_of_the_clocks_says_so(self) -> None:
        # New York's clocks go back on 1 November 2026 at 06:00 UTC.
        begin = datetime(2026, 11, 1, 4, 30, tzinfo=UTC)
        told = list(fires([begin + step * HOUR for step in range(4)], "America/New_York"))
        assert [each.local for each in told] == [
            *("Sun 00:30:00 EDT", "Sun 01:30:00 EDT", "Sun 01:30:00 EST", "Sun 02:30:00 EST")
        ]
        assert [each.shift for each in told] == ["", "", "clocks are 1 h back", ""]
        spring = datetime(2026, 3, 8, 6, 30, tzinfo=UTC)
        ahead = list(fires([spring, spring + HOUR], "America/New_York"))
        assert [each.shift for each in ahead] == ["", "clocks are 1 h ahead"]
