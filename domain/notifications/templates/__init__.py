"""What people are told, in each language: a file a language, one text for each template."""

from collections.abc import Mapping
from typing import Final

from domain.notifications.templates import de, en
from domain.notifications.templates.language import Language

# There is no column for the language that somebody speaks: see docs/decisions.
DEFAULT_LANGUAGE: Final = "en"
LANGUAGES: Final[Mapping[str, Language]] = {"en": en.LANGUAGE, "de": de.LANGUAGE}


def language_of(wanted: str | None) -> Language:
    """Give a language by its code; one that there isn't is English."""
    return LANGUAGES.get(wanted or DEFAULT_LANGUAGE, LANGUAGES[DEFAULT_LANGUAGE])
