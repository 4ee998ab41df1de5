"""What a trace says of telling: whom, what became of it, why not, and what was told as one."""

from typing import Final

import pytest
from sqlmodel import Session

from domain.ledger_queries import Traced, find_seqs, trace
from domain.tables.kudos import Kudo
from domain.users.payloads import NotificationSettingsUpdated
from tests.helpers.command import Momento
from tests.helpers.ears import AFTER, BEFORE, Ears, came, seats
from tests.helpers.pages import HOUR, an_id
from tests.integration.domain.notifications.test_sending import MINUTE

PEOPLE: Final = {an_id(name): name for name in ("Hanna", "Ada", "Bo", "Dan")}


def traced(ears: Ears, said: str) -> Traced:
    with Session(ears.engine) as session:
        ((seq, _),) = find_seqs(session, said, None)
        found = trace(session, seq)
    assert found
    return found


def told(ears: Ears, said: str) -> list[str]:
    """Whom it told, how, what became of it, and whether with another one's row."""
    return [
        " ".join(
            filter(
                None,
                (
                    PEOPLE[each.user_id],
                    each.channel,
                    each.status,
                    each.reason,
                    "joined" if each.told_with else "",
                ),
            )
        )
        for each in traced(ears, said).told
    ]


class TestOwnRows:
    def test_whom_it_told_and_what_became_of_it(self, ears: Ears) -> None:
        ears.diary.invited("drinks", "Ada", at=BEFORE)
        said = ears.diary.pages[-1].id
        ears.hear(at=BEFORE)
        assert told(ears, said) == ["Ada push scheduled", "Ada sms scheduled"]
        ears.send(at=BEFORE)
        assert told(ears, said) == ["Ada push sent", "Ada sms sent"]

    def test_why_somebody_was_not_told(self, ears: Ears, momento: Momento) -> None:
        off = NotificationSettingsUpdated(user_id=an_id("Ada"), sms_invitations=False)
        ears.diary.note(off, BEFORE)
        ears.diary.invited("drinks", "Ada", at=BEFORE)
        said = ears.diary.pages[-1].id
        ears.hear(at=BEFORE)
        ears.diary.declined("drinks", "Ada", at=BEFORE + HOUR)
        ears.hear(at=BEFORE + HOUR)
        ears.send(at=BEFORE + HOUR)
        assert told(ears, said) == [
            "Ada push suppressed answered",
            "Ada sms suppressed switched_off",
        ]
        lines = momento("trace", said).out.splitlines()
        assert f"  > invitation to {an_id('Ada')} by push: suppressed, answered" in lines

    def test_somebody_whom_a_block_keeps_it_from(self, ears: Ears) -> None:
        """A block keeps back the one who is blocked, and none of those told as one with them."""
        seats(ears, "Ada", "Bo", "Dan")
        ears.diary.blocked("Dan", "Bo", at=BEFORE)
        ears.hear(at=BEFORE)
        said = []
        for person in ("Bo", "Ada"):
            ears.diary.posted("drinks", person, at=BEFORE)
            said.append(ears.diary.pages[-1].id)
        ears.hear(at=BEFORE)
        assert sorted(told(ears, said[0])) == [
            "Ada push scheduled",
            "Dan push suppressed blocked",
            "Hanna push scheduled",
        ]
        assert sorted(told(ears, said[1])) == [
            "Bo push scheduled",
            "Dan push scheduled",
            "Hanna push scheduled joined",
        ]
        ears.diary.posted("drinks", "Hanna", at=BEFORE)
        ears.hear(at=BEFORE)
        joined = traced(ears, ears.diary.pages[-1].id).told
        assert {PEOPLE[each.user_id]: each.told_with for each in joined} == {
            "Ada": traced(ears, said[0]).seq,
            "Bo": traced(ears, said[1]).seq,
            "Dan": traced(ears, said[1]).seq,
        }


class TestToldAsOne:
    @pytest.mark.parametrize("at_once", [True, False])
    def test_what_joined_shows_the_row_that_tells_of_it(
        self, ears: Ears, momento: Momento, *, at_once: bool
    ) -> None:
        came(ears, "Ada", "Bo", "Dan")
        ears.hear(at=AFTER)
        said = []
        for giver in ("Ada", "Bo"):
            ears.diary.thanked("drinks", giver, "Dan", Kudo.HELPFUL, at=AFTER)
            said.append(ears.diary.pages[-1].id)
            if not at_once:
                ears.hear(at=AFTER)
        ears.hear(at=AFTER)
        assert sorted(told(ears, each)[0] for each in said) == [
            "Dan push scheduled",
            "Dan push scheduled joined",
        ]
        ears.send(at=AFTER + HOUR)
        first = traced(ears, said[0])
        assert told(ears, said[1]) == ["Dan push sent joined"]
        assert traced(ears, said[1]).told[0].told_with == first.seq
        line = f"  > kudos to {an_id('Dan')} by push: sent, as one with #{first.seq}"
        assert line in momento("trace", said[1]).out.splitlines()

    def test_it_is_the_row_that_waited_then_and_no_later_one(self, ears: Ears) -> None:
        came(ears, "Ada", "Bo")
        ears.diary.talked("Ada", "Bo", at=AFTER)
        said = []
        for number in range(4):
            ears.diary.said("talk Ada Bo", "Ada", f"Hi {number}", at=AFTER + number * MINUTE)
            said.append(ears.diary.pages[-1].id)
            ears.hear(at=AFTER + number * MINUTE)
            if number == 1:
                ears.send(at=AFTER + number * MINUTE)
        seqs = [traced(ears, each).seq for each in said]
        joined = [traced(ears, each).told[0].told_with for each in said]
        assert joined == [None, seqs[0], None, seqs[2]]

    def test_what_had_no_effect_told_nobody(self, ears: Ears) -> None:
        came(ears, "Ada", "Bo")
        ears.hear(at=AFTER)
        for giver in ("Ada", "Eve"):
            ears.diary.thanked("drinks", giver, "Bo", Kudo.HELPFUL, at=AFTER)
            ears.hear(at=AFTER)
        ada, eve = ears.diary.pages[-2:]
        assert (told(ears, ada.id), told(ears, eve.id)) == (["Bo push scheduled"], [])
