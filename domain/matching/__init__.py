"""Who would like which gathering: vectors of texts, and who is proposed for an event."""

from domain.matching.finding import Candidate, candidates, left_by_filters
from domain.matching.occasion import ClosedEventError, UnknownEventError

__all__ = ["Candidate", "ClosedEventError", "UnknownEventError", "candidates", "left_by_filters"]
