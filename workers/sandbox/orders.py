"""What can be ordered of a running sandbox, and asked of it."""

from datetime import datetime, timedelta
from typing import Annotated, Final

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from workers.sandbox.faults import AFTER, STRIPE_ONLY, Fault, Kind
from workers.sandbox.journal import Entry
from workers.sandbox.twilio_rules import E164, LONGEST
from workers.settings import Provider

MOST_TIMES: Final = 10_000
LONGEST_S: Final = 3_600
MOST_PAYMENTS: Final = 10_000


class _Order(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class FaultOrder(_Order):
    """A fault for the next requests to a provider."""

    provider: Provider
    kind: Kind
    times: Annotated[int, Field(ge=1, le=MOST_TIMES)] = 1
    # Whether a request takes effect all the same; null: as is usual for the kind.
    accepts: bool | None = None
    retry_after_s: Annotated[float, Field(ge=0, le=LONGEST_S)] | None = None
    pause_s: Annotated[float, Field(ge=0, le=LONGEST_S)] = 0.05

    @model_validator(mode="after")
    def _is_possible(self) -> "FaultOrder":
        """Refuse what no such provider could do."""
        if self.kind is Kind.MISCOUNT and self.provider != "expo":
            message = "only expo gives tickets that could be miscounted"
            raise ValueError(message)
        if self.kind in STRIPE_ONLY and self.provider != "stripe":
            message = "only stripe has keys that could clash, and events to lose"
            raise ValueError(message)
        if self.accepts and self.provider == "smtp" and self.kind not in AFTER:
            message = "a relay that says no has taken nothing"
            raise ValueError(message)
        return self


def fault_in(order: FaultOrder) -> Fault:
    """Give the fault that is ordered."""
    wait = None if order.retry_after_s is None else timedelta(seconds=order.retry_after_s)
    pause = timedelta(seconds=order.pause_s)
    return Fault(order.kind, order.times, order.accepts, retry_after=wait, pause=pause)


class TextOrder(_Order):
    """What somebody texts us."""

    number: Annotated[str, Field(alias="from", pattern=f"^{E164.pattern}$")]
    body: Annotated[str, Field(min_length=1, max_length=LONGEST)]


class Paid(_Order):
    """A payment that somebody has made."""

    payment_intent: Annotated[str, Field(pattern=r"^[A-Za-z0-9_]{1,200}$")]
    amount: Annotated[int, Field(ge=1, le=10**12)]
    currency: Annotated[str, Field(pattern=r"^[a-z]{3}$")] = "usd"


class PaidOrder(_Order):
    """Payments that were made, and that nobody is told of."""

    payments: Annotated[list[Paid], Field(max_length=MOST_PAYMENTS)]


class JournalQuestion(_Order):
    """Which entries of the journal are wanted."""

    # Where to read on: `next` of the answer before.
    after: Annotated[int, Field(ge=0)] = 0
    since: AwareDatetime | None = None
    provider: Provider | None = None

    def wants(self, entry: Entry) -> bool:
        """Whether an entry is meant."""
        beginning: datetime = entry.at if self.since is None else self.since
        return entry.at >= beginning and self.provider in (None, entry.provider)
