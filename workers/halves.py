"""Settings that are of use together only: what is missing where somebody has set some of them."""

from collections.abc import Collection, Iterator
from typing import Final

MODELS: Final = ("EMBEDDINGS", "SUMMARIES")
# All three, or none: without one of them nothing can be sent, and nobody would be told why.
TWILIO: Final = ("TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TWILIO_MESSAGING_SERVICE_SID")
TWILIO_URL: Final = "TWILIO_URL"


def missing_halves(names: Collection[str]) -> Iterator[str]:
    """Say of the variables that are set what they lack, by names alone."""
    for port in MODELS:
        if f"{port}_URL" in names and f"{port}_MODEL" not in names:
            yield f"{port}_MODEL: {port}_URL is set, so say which model to ask there."
    if "STRIPE_URL" in names and "STRIPE_API_KEY" not in names:
        yield "STRIPE_API_KEY: STRIPE_URL is set, so say who we are there, or set neither."
    found = [name for name in (*TWILIO, TWILIO_URL) if name in names]
    lacking = [name for name in TWILIO if name not in names]
    if found and lacking:
        is_set = f"{_listed(found)} {'is' if len(found) == 1 else 'are'} set"
        too = "this too" if len(lacking) == 1 else "these too"
        yield f"{_listed(lacking)}: {is_set}, so set {too}, or none of them."


def _listed(names: list[str]) -> str:
    *rest, last = names
    return f"{', '.join(rest)} and {last}" if rest else last
