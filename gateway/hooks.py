"""What the webhooks of all providers share."""

from collections.abc import Callable
from datetime import datetime
from typing import Final, TypeVar

from pydantic import SecretStr
from sqlmodel import Session
from starlette.requests import Request

from domain.inbox.taking import Taken
from gateway.body import read_body
from gateway.context import Context, context_of, database_trouble, finish
from gateway.problems import Kind, ProblemError
from gateway.reading import media_type_of

# Of what Stripe and Clerk send.
MEDIA_TYPE: Final = "application/json"
NOT_NOW: Final = "It was signed too long ago or in the future; set the clock and sign it anew."
E = TypeVar("E")
Result = TypeVar("Result")


def setting(said: SecretStr | None, name: str, *, hear: str) -> str:
    """Give a setting; raises ProblemError (503) that names it if there is none."""
    value = "" if said is None else said.get_secret_value()
    if not value.strip(" ,"):
        raise ProblemError(Kind.NOT_SET_UP, f"Set {name} to hear from {hear}.")
    return value


def secrets_in(said: SecretStr | None, name: str, *, hear: str) -> list[str]:
    """Give a setting's secrets, divided by commas; raises ProblemError (503) if there are none."""
    value = setting(said, name, hear=hear)
    return [each.strip() for each in value.split(",") if each.strip()]


async def hear(
    request: Request,
    read: Callable[[bytes, datetime], E],
    *,
    take: Callable[[Session, E], Taken],
    of: str,
) -> tuple[E, Taken]:
    """Take a provider's event in, once: when this returns, it is committed, and who waits is rung.

    `read` checks that they have signed the body, just now, and reads it. Raises ProblemError: 415
    for what isn't JSON, and whatever `read` raises.
    """
    context = context_of(request)
    if media_type_of(request.headers) != MEDIA_TYPE:
        raise ProblemError(Kind.UNSUPPORTED, f"Content-Type must be {MEDIA_TYPE}.")
    with context.admission.request() as load:
        limits, now = context.limits, context.clock()
        raw = await read_body(request, limits.webhook_bytes, limits=limits, load=load)
        event = await context.in_thread(lambda: read(raw, now))
        taken = await write(context, lambda session: take(session, event), of=of)
    context.ringer.ring(taken.types)
    return event, taken


async def write(context: Context, work: Callable[[Session], Result], *, of: str) -> Result:
    """Do it in a transaction of its own, when it is this provider's turn.

    Raises ProblemError (503) when too many of that provider's wait already.
    """

    def committed() -> Result:
        with database_trouble(context), Session(context.engine) as session:
            result = work(session)
            session.commit()
        return result

    async with context.hooks[of].turn():
        return await finish(committed, context)
