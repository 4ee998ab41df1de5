"""What all errors of a kind have in common, so that they can be counted and dealt with together.

The one notion of it: deliveries keep it, and failures are counted by it.
"""

import re
from typing import Final

LONGEST: Final = 300
# Lines move with every version; the function stays. Ids and numbers differ with every row.
_LINE: Final = re.compile(r":[0-9]+(?= in )")
_ID: Final = re.compile(r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", re.IGNORECASE)
_NUMBER: Final = re.compile(r"(?<!SQLSTATE )\b[0-9]{4,}")
# What was waited for is of a kind, and then one of them: event:0198…
_ONE_OF: Final = re.compile(r":[^ ]*")
KILLED: Final = "its process was killed or stopped"


def fingerprint_of(error: str) -> str:
    """Give the kind of an error as `domain.dispatch.describe` writes them; of a kind, itself."""
    return _NUMBER.sub("…", _ID.sub("…", _LINE.sub("", error)))[:LONGEST]


def fingerprint_of_wait(reason: str) -> str:
    """Give the kind of a wait that was given up, from the reason that it was given."""
    return fingerprint_of(_ONE_OF.sub("", reason))
