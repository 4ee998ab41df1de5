"""Local servers that behave as Expo, Twilio and an SMTP relay do, and tell nobody.

They stand in where no credentials are set, and in tests. Whatever reaches them is in their
journal; faults can be ordered of each.
"""

from workers.sandbox.faults import Fault, Kind
from workers.sandbox.journal import Entry, Journal
from workers.sandbox.running import Sandbox, running_sandbox

__all__ = ["Entry", "Fault", "Journal", "Kind", "Sandbox", "running_sandbox"]
