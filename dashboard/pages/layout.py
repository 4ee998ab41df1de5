"""What all pages have around them."""

from collections.abc import Iterable
from typing import Final

from markupsafe import Markup

NOTHING: Final = Markup()
RENEW_S: Final = 5

_PAGE: Final = Markup("""\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>{title}</title>
<link rel="icon" href="/static/momento.svg" type="image/svg+xml">
<link rel="stylesheet" href="/static/dashboard.css">
{head}</head>
<body>
{body}
</body>
</html>
""")

_RENEWS_ITSELF: Final = Markup("""\
<script src="/static/renew.js" defer></script>
<noscript><meta http-equiv="refresh" content="{seconds}"></noscript>
""").format(seconds=RENEW_S)

_RETRIES: Final = Markup('<meta http-equiv="refresh" content="{seconds}">\n')


def page(title: str, body: Markup, *, head: Markup = NOTHING) -> str:
    """A whole page."""
    return _PAGE.format(title=title, head=head, body=body)


def renews_itself() -> Markup:
    """For the head of a page that brings itself up to date, with or without scripts."""
    return _RENEWS_ITSELF


def retries(seconds: int) -> Markup:
    """For the head of a page that stands in for another, until that one can be shown."""
    return _RETRIES.format(seconds=seconds)


def joined(pieces: Iterable[Markup]) -> Markup:
    """Pieces of HTML one after another."""
    return Markup().join(pieces)
