"""Says once what was just done: a code in the URL that the browser takes out again."""

from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse

from dashboard.links import own_path, with_query

SAID: Final = {
    "retried": "It will be tried again now.",
    "discarded": "It is discarded. Within 30 days that can be undone.",
    "restored": "It is dead again, as it was.",
    "unchanged": "Nothing was changed: somebody or something was quicker. See how it stands now.",
    "revealed": "It is shown to you, in this session, for ten minutes. That you asked is kept.",
    "hidden": "It is masked again.",
    "erasing": "It is published: within seconds they are forgotten. Below is who asked, and why.",
    "revoked": "It is of no use any more: gateways refuse it within three seconds.",
    "role_changed": "It may do what its new role may, from its next request on.",
    "disabled": "Nobody signs in with it any more, and it is signed out everywhere.",
    "enabled": "It can be signed in with again.",
    "signed_out": "Every session of it is ended.",
    "paused": "Nothing more of it is begun. It goes on by itself at the end.",
    "resumed": "It goes on. What is due is begun within a second.",
    "asked": "The scheduler that leads runs it within a second or two.",
    "schedule_paused": "It doesn't run before the end of its pause.",
    "schedule_resumed": "It runs again. A planned time that it skipped is made up for.",
    "bulk_started": "It has begun. The scheduler takes it further each second.",
    "bulk_once": "That was sent twice, and has begun once: this is it.",
    "bulk_there": "Nothing new was begun: this one has some of those in hand and isn't over.",
    "bulk_cancelled": "It is cancelled. What it had not come to is left alone.",
    "bulk_over": "Nothing was changed: it was over already.",
}


def go_on(path: str, code: str) -> RedirectResponse:
    """Send somebody on to a page of ours, which says what was done."""
    assert code in SAID
    path = own_path(path)
    path, hash_, place = path.partition("#")
    separator = "&" if "?" in path else "?"
    return RedirectResponse(f"{path}{separator}{with_query('', said=code)[1:]}{hash_}{place}", 303)


def just_said(request: Request) -> str:
    """What was just done; empty if nothing was."""
    return SAID.get(request.query_params.get("said", ""), "")
