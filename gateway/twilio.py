"""`/webhooks/twilio/...`: what became of messages, and what people answer to them.

Nothing of a text or a number is logged or kept, but the hash of a number whose owner has a wish.
"""

import re
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from twilio.request_validator import RequestValidator

from gateway.context import context_of
from gateway.forms import Form, as_uuid, one_of, read_form
from gateway.hooks import setting, write
from gateway.limits import Load
from gateway.problems import Kind, ProblemError
from workers.providers.ports import TextState
from workers.providers.senders import STATUS_PATH
from workers.providers.twilio_codes import meaning_of
from workers.sending.callbacks import Callback, hear_callback, hear_wish, read_wish

INBOUND_PATH: Final = "/webhooks/twilio/inbound"
SIGNATURE: Final = "x-twilio-signature"
# Twilio answers people by itself.
NO_ANSWER: Final = '<?xml version="1.0" encoding="UTF-8"?><Response/>'
MESSAGE_ID: Final = re.compile(r"[0-9A-Za-z]{1,64}")
ERROR_CODE: Final = re.compile(r"[0-9]{1,6}")
NOT_SIGNED: Final = "Sign it as Twilio does, with our auth token and over our public URL."
TWILIO: Final = "Twilio"


async def hear_status(request: Request) -> Response:
    """Write how far a message has come."""
    context = context_of(request)
    with context.admission.request() as load:
        form = await _read_signed(request, STATUS_PATH, load=load)
        callback, now = _callback(form, request), context.clock()
        state = await write(
            context, lambda session: hear_callback(session, callback, now=now), of="Twilio"
        )
    context.log.info("callback.heard", state=state or "unknown_message")
    return Response(status_code=204)


async def hear_inbound(request: Request) -> Response:
    """Keep it if somebody wants no more messages, or wants them again; nothing else matters."""
    context = context_of(request)
    with context.admission.request() as load:
        form = await _read_signed(request, INBOUND_PATH, load=load)
        wish = read_wish(one_of(form, "Body") or "", one_of(form, "OptOutType"))
        if wish is not None:
            sid, number, now = _message_id(form), _needed(form, "From"), context.clock()
            is_new = await write(
                context,
                lambda session: hear_wish(session, sid, number=number, wish=wish, now=now),
                of="Twilio",
            )
            context.log.info("wish.heard", wish=wish, new=is_new)
    return Response(NO_ANSWER, media_type="text/xml")


async def _read_signed(request: Request, path: str, *, load: Load) -> Form:
    """Read a form of Twilio's; raises ProblemError (403) if it isn't theirs.

    They sign the URL that they call, which only the settings know: whatever stands before us may
    change host, scheme and port, and anybody may send any Host.
    """
    outside = context_of(request).outside
    token = setting(outside.twilio_auth_token, "TWILIO_AUTH_TOKEN", hear=TWILIO)
    public = setting(outside.public_url, "GATEWAY_PUBLIC_URL", hear=TWILIO)
    signature = request.headers.get(SIGNATURE)
    if not signature:
        raise ProblemError(Kind.NOT_SIGNED, NOT_SIGNED)
    form = await read_form(request, load=load)
    query = request.scope["query_string"].decode("latin-1")
    url = f"{public.rstrip('/')}{path}{'?' if query else ''}{query}"
    try:
        is_theirs = RequestValidator(token).validate(url, form, signature)
    except (TypeError, ValueError):
        is_theirs = False
    if not is_theirs:
        raise ProblemError(Kind.NOT_SIGNED, NOT_SIGNED)
    return form


def _callback(form: Form, request: Request) -> Callback:
    code = one_of(form, "ErrorCode") or ""
    refusal = meaning_of(int(code)) if ERROR_CODE.fullmatch(code) else None
    return Callback(
        TextState(_message_id(form), _needed(form, "MessageStatus"), refusal),
        as_uuid(request.query_params.get("notification", "")),
        _needed(form, "To"),
    )


def _message_id(form: Form) -> str:
    sid = _needed(form, "MessageSid")
    if not MESSAGE_ID.fullmatch(sid):
        raise ProblemError(Kind.UNREADABLE, "MessageSid is not one of Twilio's.")
    return sid


def _needed(form: Form, name: str) -> str:
    """Give a field that must be there."""
    value = one_of(form, name)
    if not value:
        raise ProblemError(Kind.UNREADABLE, f"{name} is missing.")
    return value
