"""Parts of `/openapi.json`: answers, and the paths for providers and for people's mail."""

from collections.abc import Iterable
from typing import Any, Final

from domain.constants import STRIPE_API_VERSION
from gateway.clerk import CLERK_PATH
from gateway.forms import MEDIA_TYPE as FORM
from gateway.hooks import MEDIA_TYPE as JSON
from gateway.problems import MEDIA_TYPE as PROBLEM
from gateway.problems import Kind
from gateway.stripe import STRIPE_PATH
from gateway.twilio import INBOUND_PATH
from gateway.unsubscribing import UNSUBSCRIBE_PATH
from workers.providers.senders import STATUS_PATH

REFUSED: Final = {"$ref": "#/components/schemas/Problem"}
TWILIO_SIGNATURE: Final = {
    "type": "apiKey",
    "in": "header",
    "name": "X-Twilio-Signature",
    "description": "Made with our auth token over our public URL and the form's fields.",
}
STRIPE_SIGNATURE: Final = {
    "type": "apiKey",
    "in": "header",
    "name": "Stripe-Signature",
    "description": "Made with the secret of our webhook endpoint over the second and the body.",
}
CLERK_SIGNATURE: Final = {
    "type": "apiKey",
    "in": "header",
    "name": "svix-signature",
    "description": "Made by Svix with the secret of our endpoint over id, second and body.",
}
SIGNED_REFUSALS: Final = (
    Kind.FORGED,
    Kind.TOO_SLOW,
    Kind.TOO_LARGE,
    Kind.UNSUPPORTED,
    Kind.UNSUITABLE,
    Kind.TOO_MANY,
    Kind.UNAVAILABLE,
)
HOOK_REFUSALS: Final = (
    Kind.UNREADABLE,
    Kind.NOT_SIGNED,
    Kind.TOO_SLOW,
    Kind.TOO_LARGE,
    Kind.UNSUPPORTED,
    Kind.INVALID,
    Kind.TOO_MANY,
    Kind.UNAVAILABLE,
)
TEXT: Final = {"type": "string"}


def answer(description: str, media_type: str, *, schema: dict[str, Any]) -> dict[str, Any]:
    """Describe an answer with a body."""
    return {"description": description, "content": {media_type: {"schema": schema}}}


def refusals(kinds: Iterable[Kind]) -> dict[str, Any]:
    """Describe the answers to what is refused, by status."""
    return {str(kind.value[0]): answer(kind.value[2], PROBLEM, schema=REFUSED) for kind in kinds}


def hook_paths() -> dict[str, Any]:
    """Describe what providers call, and where people say that they want no more email."""
    return {
        STRIPE_PATH: {"post": _stripe()},
        CLERK_PATH: {"post": _clerk()},
        STATUS_PATH: {"post": _status()},
        INBOUND_PATH: {"post": _inbound()},
        UNSUBSCRIBE_PATH: {
            "get": _page("Ask whether somebody wants no more email", 404, 429, 503),
            "post": _page("Send somebody no more email", 400, 404, 408, 413, 429, 503),
        },
    }


def _stripe() -> dict[str, Any]:
    texts = dict.fromkeys(("id", "type", "api_version"), TEXT)
    needed = ["id", "object", "type", "api_version", "created", "data"]
    event = {
        "type": "object",
        "description": f"An event of Stripe's, version {STRIPE_API_VERSION}, as a snapshot",
        "required": needed,
        "properties": {
            **texts,
            "object": {"const": "event"},
            "created": {"type": "integer"},
            "data": {"type": "object"},
        },
    }
    return {
        "summary": "Hear from Stripe of payments, refunds, disputes and subscriptions",
        "security": [{"stripe": []}],
        "requestBody": {"required": True, "content": {JSON: {"schema": event}}},
        "responses": {"204": {"description": "Kept, once, and done what follows from it"}}
        | refusals(SIGNED_REFUSALS),
    }


def _clerk() -> dict[str, Any]:
    event = {
        "type": "object",
        "description": "An event of Clerk's",
        "required": ["object", "type", "timestamp", "data"],
        "properties": {
            "object": {"const": "event"},
            "type": TEXT,
            "timestamp": {"type": "integer", "description": "Milliseconds since 1970"},
            "data": {"type": "object"},
        },
    }
    return {
        "summary": "Hear from Clerk of accounts that were changed or deleted",
        "security": [{"clerk": []}],
        "parameters": [
            _parameter("svix-id", "header", description="The same each time it is sent."),
            _parameter("svix-timestamp", "header", description="When it was signed, in seconds."),
        ],
        "requestBody": {"required": True, "content": {JSON: {"schema": event}}},
        "responses": {"204": {"description": "Kept, once, and done what follows from it"}}
        | refusals(SIGNED_REFUSALS),
    }


def _status() -> dict[str, Any]:
    return {
        "summary": "Hear from Twilio how far a message has come",
        "parameters": [
            _parameter("notification", "query", description="Which notification it is about.")
        ],
        **_signed("MessageSid", "MessageStatus", "To"),
        "responses": {"204": {"description": "Written, or not about anything of ours"}}
        | refusals(HOOK_REFUSALS),
    }


def _inbound() -> dict[str, Any]:
    taken = answer("Nothing to say to them", "text/xml", schema=TEXT)
    return {
        "summary": "Hear from Twilio what somebody wrote: whether they want no more messages",
        **_signed("MessageSid", "From"),
        "responses": {"200": taken, **refusals(HOOK_REFUSALS)},
    }


def _signed(*fields: str) -> dict[str, Any]:
    """Describe a form of Twilio's, of which we read these fields at least."""
    form = {"type": "object", "required": list(fields), "properties": dict.fromkeys(fields, TEXT)}
    body = {"required": True, "content": {FORM: {"schema": form}}}
    return {"security": [{"twilio": []}], "requestBody": body}


def _page(summary: str, *others: int) -> dict[str, Any]:
    page = answer("A page", "text/html", schema=TEXT)
    why = answer("A page that says so", "text/html", schema=TEXT)
    return {
        "summary": summary,
        "parameters": [_parameter("handover_id", "path", description="As it stands in the mail.")],
        "responses": {"200": page, **{str(status): why for status in others}},
    }


def _parameter(name: str, place: str, *, description: str) -> dict[str, Any]:
    named = {"name": name, "in": place, "description": description, "schema": TEXT}
    return {**named, "required": place == "path"}
