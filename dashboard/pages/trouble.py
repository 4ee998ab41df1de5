"""The page that says why there is no other."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from markupsafe import Markup
from starlette.responses import HTMLResponse

from dashboard.pages.layout import NOTHING, page, retries

_BODY: Final = Markup("""\
<main class="alone">
<p class="mark" aria-hidden="true"></p>
<h1>{title}</h1>
<p>{sentence}</p>
<p><a href="/">How everything stands</a></p>
</main>""")


def trouble_page(
    status: int,
    sentence: str,
    *,
    retry_s: int | None = None,
    headers: Mapping[str, str] | None = None,
) -> HTMLResponse:
    """Say it; with `retry_s` the browser asks again after so many seconds."""
    title = HTTPStatus(status).phrase
    body = _BODY.format(title=title, sentence=sentence)
    head = NOTHING if retry_s is None else retries(retry_s)
    more = {} if retry_s is None else {"Retry-After": str(retry_s)}
    content = page(f"{title} · Momento", body, head=head)
    return HTMLResponse(content, status, {**(headers or {}), **more})
