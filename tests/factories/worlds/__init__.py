"""Worlds that know nothing of one another, in each of which the same things happen.

Told side by side, phase by phase, they make batches of any size that are all alike.
"""

from collections.abc import Callable, Iterator
from typing import Final

from domain.envelope import Envelope
from tests.factories.worlds import company, gatherings, guests, people, seats
from tests.factories.worlds.world import World

# Each meets a different state of the world; the last two are heard of late.
PHASES: Final[tuple[Callable[[World], None], ...]] = (
    people.sign_up,
    people.settle_in,
    people.show_themselves,
    people.share,
    gatherings.publish,
    seats.pair_up,
    seats.agree,
    seats.invite,
    seats.answer,
    seats.fail_to_pay,
    seats.pay,
    gatherings.move,
    seats.reconfirm,
    seats.give_up,
    guests.come,
    guests.report,
    gatherings.complete,
    guests.thank,
    guests.rate,
    guests.fall_out,
    guests.make_up,
    guests.accuse,
    guests.judge,
    guests.ask_for_help,
    guests.be_helped,
    company.post,
    company.show,
    company.hide,
    company.talk,
    company.chat,
    company.remember,
    gatherings.finalize,
    seats.trouble,
    gatherings.remind,
    people.leave,
    gatherings.call_off,
)


def phases(worlds: int) -> Iterator[tuple[str, list[Envelope]]]:
    """(name, what is said in all worlds) of each phase."""
    side_by_side = [World(f"world {number}") for number in range(worlds)]
    for phase in PHASES:
        said = []
        for world in side_by_side:
            before = len(world.told)
            phase(world)
            said += world.told[before:]
        yield phase.__name__, said
