"""What becomes due, found in tables and published as domain events, each once."""

from scheduler.due.events import EVENTS
from scheduler.due.kind import Kind
from scheduler.due.publishing import forget_said, publish_due
from scheduler.due.reminders import REMINDERS
from scheduler.due.states import STATES

KINDS: tuple[Kind, ...] = (*STATES, *EVENTS, *REMINDERS)

__all__ = ["KINDS", "Kind", "forget_said", "publish_due"]
