"""The smallest evening after which something can be said: two guests were at Hanna's drinks."""

from tests.helpers.diary import Diary
from tests.helpers.pages import HOUR, START


def drinks_for_two(*, phones: bool = False) -> Diary:
    """Ada and Bo were invited, paid and came; Cleo is registered too. Nothing is told yet."""
    diary = Diary()
    diary.people("Hanna", "Cleo", "Ada", "Bo")
    diary.event("drinks", host="Hanna", seats=4)
    for person in ("Ada", "Bo"):
        if phones:
            diary.phone("ios", of=person, at=START)
        diary.invited("drinks", person)
        diary.paid("drinks", person)
        diary.checked_in("drinks", person, at=START + HOUR)
    return diary
