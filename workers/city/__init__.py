"""A simulated city: a seeded, plausible history for demonstrations, tests and measurements."""

from workers.city.diary import as_cloud_event
from workers.city.story import history, history_of, history_of_a_year

__all__ = ["as_cloud_event", "history", "history_of", "history_of_a_year"]
