"""Segments as 3GPP TS 23.038 counts them, and texts that fit into one."""

import pytest

from domain.notifications.segments import BASIC, EXTENSION, count_segments, plainly


class TestCounting:
    def test_the_alphabet_is_whole(self) -> None:
        """128 places, one of them the escape to the extension, which has ten and a page break."""
        assert len(BASIC) == 127
        assert len(EXTENSION) == 10

    @pytest.mark.parametrize(
        ("text", "segments"),
        [
            ("", 1),
            ("a" * 160, 1),
            ("a" * 161, 2),
            ("a" * 306, 2),
            ("a" * 307, 3),
            ("€" * 80, 1),
            ("€" * 81, 2),
            # 153 is odd: an escape and what it stands for aren't parted.
            ("€" * 152, 2),
            ("€" * 153, 3),
            ("ç" + "a" * 69, 1),
            ("ç" + "a" * 70, 2),
            ("Ç" + "a" * 159, 1),
            # An emoji is two units of UTF-16, and isn't parted either.
            ("\N{GRINNING FACE}" * 35, 1),
            ("\N{GRINNING FACE}" * 36, 2),
            ("\N{GRINNING FACE}" * 66, 2),
            ("\N{GRINNING FACE}" * 67, 3),
            ("\u2019" + "a" * 70, 2),
        ],
    )
    def test_a_text_goes_in_so_many(self, text: str, segments: int) -> None:
        assert count_segments(text) == segments


class TestWritingPlainly:
    @pytest.mark.parametrize(
        ("text", "plain"),
        [
            ("It\u2019s \u201cfun\u201d \u2013 really\u2026", 'It\'s "fun" - really...'),
            ("Grüße, Ñandú à la Ångström", "Grüße, Ñandu à la Ångström"),
            ("Façade", "Facade"),
            ("Wine \N{WINE GLASS} and cheese", "Wine and cheese"),
            ("乾杯", ""),
        ],
    )
    def test_a_text_in_the_alphabet(self, text: str, plain: str) -> None:
        assert plainly(text) == plain
        assert set(plain) <= BASIC | EXTENSION
