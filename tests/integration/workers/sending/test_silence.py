"""Every line under "Never": nothing reaches a provider, and the reason is kept."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any, Final, NamedTuple

import pytest

from domain.tables.notifications import Channel
from tests.helpers.ears import AFTER, BEFORE, Ears
from tests.helpers.pages import HOUR, START
from tests.helpers.post import Post
from tests.integration.domain.notifications.test_never import TestNever as Stories

NEVER: Final = Stories()


class Silence(NamedTuple):
    """A story, when it is sent, to whom nothing goes of which text, and why."""

    tell: Callable[[Ears], Any]
    at: datetime
    template: str
    person: str
    reason: str | None
    words: str


SILENCES: Final = {
    "across a block, by her": Silence(
        lambda ears: NEVER.test_nothing_across_a_block_in_either_direction(ears, ("Ada", "Bo")),
        *(BEFORE + HOUR, "event_post", "Bo", "blocked", "new post"),
    ),
    "across a block, by him": Silence(
        lambda ears: NEVER.test_nothing_across_a_block_in_either_direction(ears, ("Bo", "Ada")),
        *(BEFORE + HOUR, "event_post", "Bo", "blocked", "new post"),
    ),
    **{
        status: Silence(
            partial(NEVER.test_only_account_and_safety_to_those_who_are_out, status=status),
            *(AFTER + HOUR, "kudos", "Ada", status, "Kudos"),
        )
        for status in ("paused", "suspended", "banned")
    },
    # Of the deleted nothing is kept, reasons neither.
    "deleted": Silence(
        NEVER.test_nothing_at_all_to_the_deleted,
        *(BEFORE, "subscription_ends_soon", "Ada", None, "subscription"),
    ),
    "switched off": Silence(
        NEVER.test_not_on_a_channel_that_is_switched_off,
        *(BEFORE, "invitation", "Ada", "switched_off", "sms: Momento: You're invited"),
    ),
    "a shared link": Silence(
        NEVER.test_a_shared_link_tells_nobody, BEFORE, "", "Bo", None, "instagram"
    ),
}


@pytest.mark.parametrize("silence", SILENCES.values(), ids=SILENCES)
def test_nothing_goes_out_and_the_reason_is_kept(silence: Silence, ears: Ears, post: Post) -> None:
    silence.tell(ears)
    reached = post.deliver(at=silence.at)
    assert not [
        line for line in reached if line.startswith(silence.person) and silence.words in line
    ]
    if silence.reason is None:
        assert reached == []
    else:
        kept = [line for line in post.statuses(silence.template) if "suppressed" in line]
        assert [line.split()[::3] for line in kept] == [[silence.person, silence.reason]]


def test_a_text_never_goes_out_at_night(ears: Ears, post: Post) -> None:
    NEVER.test_an_sms_never_at_night_and_not_after_it_has_expired(ears)
    night = START - 11 * HOUR
    for hour in range(5):
        assert post.deliver(Channel.SMS, at=night + hour * HOUR) == []
    assert [line.split()[0] for line in post.deliver(Channel.SMS, at=night.replace(hour=12))] == [
        "Ada"
    ]
