"""Whom somebody has met, and what is between them."""

import pytest

from domain.queries.memories import (
    OpenDuo,
    SharedLink,
    liked_profiles,
    links_shared_with,
    memory_book,
    open_duo,
)
from tests.factories.rows import HOUR, START, Rows
from tests.helpers.pages import an_id

ADA, BO, CLEO = map(an_id, ("Ada", "Bo", "Cleo"))


@pytest.fixture
def met(rows: Rows) -> Rows:
    """Ada, Bo and Cleo, who were at Hanna's."""
    for name in ("Hanna", "Ada", "Bo", "Cleo"):
        rows.person(name)
    rows.event("drinks", host="Hanna")
    return rows


class TestMemoryBook:
    def remember(self, rows: Rows, owner: str, other: str, hours: int = 0) -> None:
        rows.add(
            "connections",
            owner_id=an_id(owner),
            connected_user_id=an_id(other),
            event_id=an_id("drinks"),
            snapshot_name=f"{other} as then",
            private_notes=f"{owner}'s own",
            created_at=START + hours * HOUR,
        )

    def test_it_shows_people_as_they_were_and_what_its_owner_wrote(self, met: Rows) -> None:
        self.remember(met, "Ada", "Bo")
        self.remember(met, "Bo", "Ada")
        (memory,) = memory_book(met.session, ADA).items
        assert (memory.connected_user_id, memory.event_title) == (BO, "drinks")
        assert (memory.name, memory.private_notes) == ("Bo as then", "Ada's own")

    def test_page_by_page_each_comes_once_the_newest_first(self, met: Rows) -> None:
        self.remember(met, "Ada", "Bo")
        self.remember(met, "Ada", "Cleo")
        self.remember(met, "Ada", "Hanna", hours=1)
        first = memory_book(met.session, ADA, limit=2)
        second = memory_book(met.session, ADA, after=first.next, limit=2)
        listed = [each.name for each in (*first.items, *second.items)]
        assert listed[0] == "Hanna as then"
        assert set(listed[1:]) == {"Bo as then", "Cleo as then"}
        assert len(listed) == 3
        assert second.next is None


class TestLinksSharedWith:
    def test_only_what_this_one_shared_with_that_one(self, met: Rows) -> None:
        for sharer, receiver in ((ADA, BO), (ADA, CLEO), (BO, ADA)):
            met.add(
                "social_connections",
                sharer_id=sharer,
                receiver_id=receiver,
                platform="instagram",
                shared_url=f"https://example.com/{sharer}/{receiver}",
            )
        found = links_shared_with(met.session, BO, sharer_id=ADA)
        assert found == [SharedLink("instagram", f"https://example.com/{ADA}/{BO}")]


BEFORE = START - HOUR / 2


class TestOpenDuo:
    def propose(self, rows: Rows, status: str, name: str = "duo") -> None:
        times = {"opened_at": START - HOUR, "open_until": START, "expires_at": START}
        rows.add("duos", id=an_id(name), status=status, **times)
        for person, role in ((ADA, "initiator"), (BO, "participant")):
            rows.add("duo_participants", duo_id=an_id(name), user_id=person, role=role)

    @pytest.mark.parametrize("status", ["pending", "active"])
    def test_both_are_in_it(self, met: Rows, status: str) -> None:
        self.propose(met, status)
        duo = an_id("duo")
        assert open_duo(met.session, ADA, now=BEFORE) == OpenDuo(
            duo, status, "initiator", BO, START
        )
        assert open_duo(met.session, BO, now=BEFORE) == OpenDuo(
            duo, status, "participant", ADA, START
        )
        assert open_duo(met.session, CLEO, now=BEFORE) is None

    @pytest.mark.parametrize("status", ["pending", "active"])
    def test_at_its_end_it_is_over_though_nobody_said_so_yet(self, met: Rows, status: str) -> None:
        self.propose(met, status)
        assert open_duo(met.session, ADA, now=START) is None

    @pytest.mark.parametrize("status", ["completed", "expired", "declined"])
    def test_what_is_over_is_over(self, met: Rows, status: str) -> None:
        self.propose(met, status)
        assert open_duo(met.session, ADA, now=BEFORE) is None


class TestLikedProfiles:
    def test_page_by_page_each_comes_once(self, met: Rows) -> None:
        for liker, liked in ((ADA, BO), (ADA, CLEO), (BO, ADA)):
            met.add("profile_likes", liker_id=liker, liked_id=liked)
        first = liked_profiles(met.session, ADA, limit=1)
        second = liked_profiles(met.session, ADA, after=first.next, limit=1)
        assert {*first.items, *second.items} == {BO, CLEO}
        assert second.next is None
