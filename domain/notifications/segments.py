"""How many parts an SMS goes in, and how a text is written so that they are few. Pure."""

import re
import unicodedata
from typing import Final

from domain.constants import (
    SMS_PART_SEPTETS,
    SMS_PART_UNITS,
    SMS_SINGLE_SEPTETS,
    SMS_SINGLE_UNITS,
)

# 3GPP TS 23.038, 6.2.1: the default alphabet and its extension, each character of which takes two
# septets, the first of them an escape.
BASIC: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ"
    " !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENSION: Final = frozenset("\f^{}\\[~]|€")
# What people's keyboards write and the alphabet doesn't have, and what stands for it.
_TYPOGRAPHY: Final = str.maketrans(
    {
        "\u2018": "'",
        "\u2019": "'",
        "\u201a": ",",
        "\u201c": '"',
        "\u201d": '"',
        "\u201e": '"',
        "\u2013": "-",
        "\u2014": "-",
        "\u2026": "...",
        "\u00a0": " ",
        "`": "'",
    }
)


def count_segments(text: str) -> int:
    """Say in how many parts a text goes.

    In the alphabet of GSM-7 (3GPP TS 23.038, 6.2.1) 160 septets go in one part, or 153 in each of
    several (3GPP TS 23.040, 9.2.3.24: the rest tells the parts apart); otherwise 70 units of UTF-16
    (UCS-2), or 67. What takes two septets or two units stands in one part.
    """
    if set(text) <= BASIC | EXTENSION:
        widths = [2 if character in EXTENSION else 1 for character in text]
        single, part = SMS_SINGLE_SEPTETS, SMS_PART_SEPTETS
    else:
        widths = [len(character.encode("utf-16-be")) // 2 for character in text]
        single, part = SMS_SINGLE_UNITS, SMS_PART_UNITS
    if sum(widths) <= single:
        return 1
    parts, taken = 1, 0
    for width in widths:
        if taken + width > part:
            parts, taken = parts + 1, 0
        taken += width
    return parts


def plainly(text: str) -> str:
    """Write a text in the alphabet of GSM-7, as far as it can be read so.

    Quotes and dashes become plain, a letter loses the accent that isn't there; what has no likeness
    at all, such as an emoji or another script, is left out.
    """
    plain = "".join(map(_plain, text.translate(_TYPOGRAPHY)))
    return re.sub(r"\s+", " ", plain).strip()


def _plain(character: str) -> str:
    if character in BASIC or character in EXTENSION:
        return character
    decomposed = unicodedata.normalize("NFKD", character)
    return "".join(each for each in decomposed if each in BASIC)
