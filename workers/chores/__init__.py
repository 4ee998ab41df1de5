"""Chores: what is found in tables and done outside of transactions, in portions.

A chore takes a portion in hand by a lease, closes its transaction, does what takes time, and
writes the outcome in another one. Killed in between, it has done nothing: the lease runs out. Two
at once do no harm.
"""

from datetime import timedelta
from typing import Final

from workers.chores.chore import Chore
from workers.chores.summaries import make_summaries
from workers.chores.vectors import make_vectors
from workers.providers import Ports

# Within about this time of being said, a text has its vector and comments their summary.
EVERY: Final = timedelta(seconds=1)


def make_chores(ports: Ports) -> tuple[Chore, ...]:
    """Give all chores, with the ports that they ask."""
    return (
        Chore(
            "vectors.make",
            EVERY,
            "Makes the vectors that texts lack, and what is made from vectors.",
            lambda engine, now: make_vectors(engine, ports.embedder, now=now),
        ),
        Chore(
            "summaries.make",
            EVERY,
            "Sums up the comments on events.",
            lambda engine, now: make_summaries(engine, ports.summariser, now=now),
        ),
    )
