"""The page to sign in on."""

from typing import Final

from markupsafe import Markup
from starlette.responses import HTMLResponse

from dashboard.pages.layout import NOTHING, page

_BODY: Final = Markup("""\
<main class="alone">
<p class="mark" aria-hidden="true"></p>
<h1>Momento</h1>
{fault}<form method="post" action="/sign-in">
<input type="hidden" name="csrf" value="{token}">
<label for="name">Name</label>
<input id="name" name="name" autocomplete="username" autocapitalize="none" spellcheck="false" \
maxlength="64" required autofocus{described}>
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" \
maxlength="1024" required{described}>
<button type="submit">Sign in</button>
</form>
<p class="hint">No account? Whoever runs this makes one: <code>momento users create</code></p>
</main>""")

_FAULT: Final = Markup('<p class="fault" id="fault" role="alert">{fault}</p>\n')
_DESCRIBED: Final = Markup(' aria-describedby="fault"')


def sign_in_page(token: str, *, status: int, fault: str) -> HTMLResponse:
    """The form with its token, and what was wrong with the last try."""
    body = _BODY.format(
        token=token,
        fault=_FAULT.format(fault=fault) if fault else NOTHING,
        described=_DESCRIBED if fault else NOTHING,
    )
    return HTMLResponse(page("Sign in · Momento", body), status)
