"""What can be wrong with an input, said so that its sender knows what to do."""

from dataclasses import dataclass

from pydantic import ValidationError

# Pydantic's words for the commonest faults, said so that a publisher knows what to do.
PLAINER = {
    "missing": "is required",
    "extra_forbidden": "is not a field of this type: misspelt, or for a newer version?",
    "timezone_aware": "needs an offset, e.g. 2026-11-21T18:00:00Z",
    "uuid_type": "must be a str in quotes",
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with an input: where (`data.kudo`, `time`) and what."""

    field: str
    detail: str


class InvalidEnvelopeError(ValueError):
    """An input is no domain event of ours; `faults` says why, all of it."""

    def __init__(self, faults: list[Fault]) -> None:
        """Build the message from the faults."""
        self.faults = faults
        super().__init__("; ".join(f"{fault.field}: {fault.detail}" for fault in faults))


def faults_of(error: ValidationError, prefix: str = "") -> list[Fault]:
    """Turn pydantic's findings into faults, without the values that were given."""
    found = []
    for entry in error.errors(include_url=False, include_context=False):
        path = ".".join(str(part) for part in (prefix, *entry["loc"]) if part != "")
        message = PLAINER.get(entry["type"], entry["msg"].removeprefix("Value error, "))
        if entry["type"] == "value_error" and isinstance(entry["input"], str):
            # A validator's own words may quote what it was given, which may be anything.
            message = message.replace(repr(entry["input"]), "what was given")
        found.append(Fault(path, message))
    return found
