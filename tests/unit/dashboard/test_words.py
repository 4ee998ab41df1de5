"""Names of the code in narrow columns."""

from dashboard.words import breakable


def test_a_name_may_break_after_its_parts_only() -> None:
    assert breakable("kudos.apply_kudos_given") == "kudos.<wbr>apply_<wbr>kudos_<wbr>given"
    assert breakable("_x_") == "_<wbr>x_"


def test_what_was_written_by_somebody_stays_text() -> None:
    assert breakable("<b>.x & y") == "&lt;b&gt;.<wbr>x &amp; y"
