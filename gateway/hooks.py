"""What the webhooks of all providers share."""

from collections.abc import Callable
from typing import TypeVar

from pydantic import SecretStr
from sqlmodel import Session

from gateway.context import Context, database_trouble, finish
from gateway.problems import Kind, ProblemError

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
