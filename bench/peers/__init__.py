"""The peers, one file each. The order is the table's."""

import importlib
import os

from bench.kudos import DATABASE_VARIABLE, REDIS_VARIABLE
from bench.peers.peer import Peer
from bench.servers import Servers

DATABASE = "peers"
NAMES = ("celery-batches", "pgqueuer", "huey", "dramatiq")


def load(name: str, servers: Servers) -> Peer:
    """One peer, ready to be given jobs."""
    # Brokers connect when their module is imported, as in any user's project.
    os.environ[DATABASE_VARIABLE] = servers.dsn(DATABASE)
    os.environ[REDIS_VARIABLE] = str(servers.redis_socket)
    module = importlib.import_module(f"bench.peers.{name.replace('-', '_')}_peer")
    peer: Peer = module.PEER
    return peer
