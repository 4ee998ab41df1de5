"""What all errors of a kind have in common, so that they can be counted and dealt with together."""

import re
from typing import Final

LONGEST: Final = 300
# Lines move with every version; the function stays.
_LINE: Final = re.compile(r":[0-9]+ in ")
# What was waited for is of a kind, and then one of them: event:0198…
_ONE_OF: Final = re.compile(r":[^ ]*")
KILLED: Final = "its process was killed or stopped"


def fingerprint_of(error: str) -> str:
    """Give the kind of an error as `domain.dispatch.describe` writes them."""
    return _LINE.sub(" in ", error)[:LONGEST]


def fingerprint_of_wait(reason: str) -> str:
    """Give the kind of a wait that was given up, from the reason that it was given."""
    return _ONE_OF.sub("", reason)[:LONGEST]
