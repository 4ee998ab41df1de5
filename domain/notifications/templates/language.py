"""What a language has to say: texts, and how it writes times."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from domain.tables.notifications import Template


class Text(NamedTuple):
    """A text with fields in braces: see `Words` in rendering.py for what there is.

    `many` takes the place of `body` when there is more than one. `sms` is followed by a link.
    """

    title: str
    body: str
    many: str | None = None
    sms: str | None = None


@dataclass(frozen=True, slots=True)
class Language:
    """Texts of one language. `moment` writes a time as a clock on the wall shows it."""

    texts: Mapping[Template, Text]
    moment: Callable[[datetime], str]
    # What stands for a name or a title that there isn't, or that can't be written.
    somebody: str
    an_event: str
    the_door: str
    email_ending: str
