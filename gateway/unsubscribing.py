"""`/unsubscribe/...`: whoever has a mail of ours says that they want no more.

Mail programs say it with one POST (RFC 8058). What scanners of mail do, a GET, only asks.
"""

from typing import Final

from sqlmodel import Session
from starlette.requests import Request
from starlette.responses import HTMLResponse

from domain.envelope import enclose
from domain.outbox import derived_id, publish_many
from domain.sql import fetch
from domain.users.payloads import NotificationSettingsUpdated
from gateway.body import read_body
from gateway.context import Context, context_of, database_trouble, finish
from gateway.forms import as_uuid
from gateway.problems import ProblemError

# The mailer writes this address: workers/sending/mail.py.
UNSUBSCRIBE_PATH: Final = "/unsubscribe/{handover_id}"
SOURCE: Final = "/gateway/unsubscribe"
HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    # The address is all that one needs to unsubscribe somebody.
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}
_PAGE: Final = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Email from Momento</title>
</head>
<body>
<h1>Email from Momento</h1>
{body}
</body>
</html>
"""
# Without an action a form goes to the address of its own page.
_ASK: Final = """\
<p>Do you want no more email about your account and your payments?</p>
<form method="post"><button name="List-Unsubscribe" value="One-Click">No more email</button></form>\
"""
_DONE: Final = """\
<p>You will get no more email from us. In the app's settings you can switch it on again.</p>"""
_UNKNOWN: Final = """\
<p>This address leads nowhere. In the app's settings you can say what you want to be told.</p>"""
_TROUBLE: Final = "<p>This doesn't work right now. Please try again in a moment.</p>"


async def unsubscribe(request: Request) -> HTMLResponse:
    """Ask, or take the answer, whatever a POST's body says; the same one may come again."""
    context = context_of(request)
    handover_id = as_uuid(request.path_params["handover_id"])
    try:
        with context.admission.request() as load:
            if request.method == "POST":
                limits = context.limits
                await read_body(request, limits.form_bytes, limits=limits, load=load)
                return await _take_answer(context, handover_id)
            return await _ask(context, handover_id)
    except ProblemError as problem:
        return _page(_TROUBLE, problem.status)


async def _ask(context: Context, handover_id: str | None) -> HTMLResponse:
    def look() -> str | None:
        with database_trouble(context), Session(context.engine) as session:
            return _recipient(session, handover_id)

    return _page(_ASK) if await context.in_thread(look) else _page(_UNKNOWN, 404)


async def _take_answer(context: Context, handover_id: str | None) -> HTMLResponse:
    def publish() -> tuple[bool, int]:
        with database_trouble(context), Session(context.engine) as session:
            found, count = _unsubscribe(session, handover_id, context)
            session.commit()
        return found, count

    found, count = await finish(publish, context)
    if not found:
        return _page(_UNKNOWN, 404)
    if count:
        context.ringer.ring({NotificationSettingsUpdated.TYPE})
    context.log.info("email.unsubscribed", new=bool(count))
    return _page(_DONE)


def _unsubscribe(session: Session, handover_id: str | None, context: Context) -> tuple[bool, int]:
    """Publish that the mail's recipient wants no more; whether there is one, how much was new."""
    user_id = _recipient(session, handover_id)
    if user_id is None or handover_id is None:
        return False, 0
    wish = NotificationSettingsUpdated(user_id=user_id, email_account_and_safety=False)
    identity = derived_id(wish.TYPE, handover_id)
    said = enclose(wish, source=SOURCE, time=context.clock(), id=identity)
    return True, publish_many(session, [said])


def _recipient(session: Session, handover_id: str | None) -> str | None:
    """Give whom an email was for."""
    if handover_id is None:
        return None
    rows = fetch(
        session,
        """
        SELECT told.user_id FROM handovers AS kept
        JOIN notifications AS told ON told.id = kept.notification_id
        WHERE kept.id = %(id)s::uuid AND kept.channel = 'email'
        """,
        id=handover_id,
    )
    return rows[0][0] if rows else None


def _page(body: str, status: int = 200) -> HTMLResponse:
    return HTMLResponse(_PAGE.format(body=body), status, HEADERS)
