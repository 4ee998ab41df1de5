"""What answers outside: services where the settings name them, else what runs within."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from domain.matching.embedding import LocalEmbedder
from domain.ports import Embedder, Summariser
from domain.ratings.digest import LocalSummariser
from workers.providers.embeddings import HttpEmbedder
from workers.providers.http import Service
from workers.providers.summaries import HttpSummariser
from workers.settings import Settings

# Longer than a service takes that is well; a lease lasts longer still.
EMBEDDINGS_LIMIT: Final = timedelta(seconds=10)
SUMMARIES_LIMIT: Final = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Ports:
    """Who embeds and who sums up."""

    embedder: Embedder
    summariser: Summariser


def make_ports(settings: Settings) -> Ports:
    """Give the ports that the settings ask for."""
    embedder: Embedder = LocalEmbedder()
    summariser: Summariser = LocalSummariser()
    if settings.embeddings_url is not None and settings.embeddings_model is not None:
        key = settings.embeddings_api_key
        service = Service(settings.embeddings_url, key, limit=EMBEDDINGS_LIMIT)
        embedder = HttpEmbedder(service, settings.embeddings_model)
    if settings.summaries_url is not None and settings.summaries_model is not None:
        key = settings.summaries_api_key
        service = Service(settings.summaries_url, key, limit=SUMMARIES_LIMIT)
        summariser = HttpSummariser(service, settings.summaries_model)
    return Ports(embedder, summariser)
