"""Whoever gives or takes access, or erases, is an admin until that is done, not only before."""

from sqlmodel import Session

from domain.ops.permissions import Actor, ForbiddenError, Verb, demand
from domain.sql import fetch
from domain.tables.accounts import Via


def demand_still(session: Session, actor: Actor, verb: Verb) -> None:
    """Raise ForbiddenError unless they may do it, and are still the admin they were.

    Of two admins who take it from each other at once the first has an effect: one is left. All
    admins are locked, in the order of their ids, until the commit; whoever isn't one any more is
    refused. At the command line nobody need be one.
    """
    demand(actor, verb)
    if actor.via is Via.COMMAND:
        return
    admins = fetch(
        session,
        "SELECT name FROM dashboard_users WHERE role = 'admin' AND disabled_at IS NULL"
        " ORDER BY id FOR UPDATE",
    )
    if (actor.name,) not in admins:
        raise ForbiddenError("You are no admin any more: somebody has just changed that.")
