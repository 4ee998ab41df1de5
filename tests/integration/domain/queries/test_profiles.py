"""Somebody as others see them."""

import pytest

from domain.queries.profiles import HostSide, Profile, SocialSide, profile
from tests.factories.rows import DAY, NOW, START, Rows
from tests.helpers.pages import an_id

ADA, BO = an_id("Ada"), an_id("Bo")


def photo(rows: Rows, name: str, day: int, *, valid_until: int | None = None) -> None:
    """A photo of Ada's, authentic if it says until when, in days from NOW."""
    rows.add(
        "profile_photos",
        id=an_id(name),
        user_id=ADA,
        url=name,
        is_authentic=valid_until is not None,
        authentic_expires_at=None if valid_until is None else NOW + valid_until * DAY,
        stamp_time=START + day * DAY,
    )


def of_ada(rows: Rows, asker: str | None = None) -> Profile:
    found = profile(rows.session, ADA, now=NOW, asker_id=asker)
    assert found is not None
    return found


class TestProfile:
    def test_a_guest_has_a_social_side(self, rows: Rows) -> None:
        rows.person("Ada", profile=False, is_verified=True)
        said = {"first_name": "Ada", "preferred_name": "Addie", "gender": "Woman"}
        photos = {"current_photo_url": "now", "current_face_card_photo_url": "card"}
        rows.add("social_profiles", id=ADA, user_id=ADA, **said, interested_in=["Man"], **photos)
        found = of_ada(rows)
        nothing = None
        assert found.social == SocialSide(
            *("Ada", "Addie", nothing, nothing, "Woman", nothing, ["Man"], nothing, nothing)
        )
        assert (found.is_verified, found.host) == (True, None)
        assert found.stylized_face_card_url == "card"

    def test_a_host_has_a_host_side_with_public_links_and_photos(self, rows: Rows) -> None:
        rows.person("Ada", profile=False)
        host = {"host_type": "community", "host_name": "Bar", "address": "1 Street"}
        rows.add("host_profiles", id=ADA, user_id=ADA, **host, rating_sum=9, rating_count=2)
        for name, public in (("open", True), ("private", False)):
            link = {"platform": name, "url": f"https://{name}"}
            rows.add(
                "user_social_links",
                id=an_id(name),
                user_id=ADA,
                **link,
                is_public_on_host_profile=public,
            )
        rows.add("host_photos", id=an_id("p"), host_id=ADA, url="logo.png", photo_type="logo")
        found = of_ada(rows)
        assert found.social is None
        assert found.host == HostSide(
            *("community", "Bar", None, None, None, 4.5, 2),
            photos=[(an_id("p"), "logo.png", "logo", None)],  # type: ignore[list-item]
            links=[("open", "https://open")],  # type: ignore[list-item]
        )

    def test_photos_come_newest_first_with_a_badge_while_it_is_valid(self, rows: Rows) -> None:
        rows.person("Ada")
        photo(rows, "plain", 1)
        photo(rows, "lapsed", 2, valid_until=-1)
        photo(rows, "last day", 3, valid_until=0)
        photo(rows, "valid", 4, valid_until=1)
        shown = [(each.url, each.is_authentic) for each in of_ada(rows).photos]
        assert shown == [("valid", True), ("last day", True), ("lapsed", False), ("plain", False)]

    @pytest.mark.parametrize(("current", "authentic"), [("valid", True), ("lapsed", False)])
    def test_the_badge_of_a_profile_is_that_of_the_current_photo(
        self, rows: Rows, current: str, *, authentic: bool
    ) -> None:
        rows.person("Ada", profile=False)
        rows.add("social_profiles", id=ADA, user_id=ADA, current_photo_url=current)
        photo(rows, "lapsed", 2, valid_until=-1)
        photo(rows, "valid", 4, valid_until=1)
        assert of_ada(rows).is_authentic is authentic

    @pytest.mark.parametrize(("source", "expected"), [("chosen", "chosen"), (None, "now")])
    def test_the_face_card_is_made_of_the_chosen_photo_else_the_current(
        self, rows: Rows, source: str | None, expected: str
    ) -> None:
        rows.person("Ada", profile=False)
        photos = {"current_photo_url": "now", "face_card_source_photo_url": source}
        rows.add("social_profiles", id=ADA, user_id=ADA, **photos)
        assert of_ada(rows).face_card_photo_url == expected

    def test_interests_come_along(self, rows: Rows) -> None:
        rows.person("Ada")
        for place, name in enumerate(("Hiking", "Chess"), start=1):
            rows.add("interests", id=place, name=name)
            rows.add("profile_interests", user_id=ADA, interest_id=place)
        assert of_ada(rows).interests == ["Chess", "Hiking"]


class TestWhoIsSeen:
    def test_nobody_has_no_profile(self, rows: Rows) -> None:
        assert profile(rows.session, ADA, now=NOW) is None

    @pytest.mark.parametrize(
        ("status", "seen"),
        [
            ("active", True),
            ("paused", True),
            ("suspended", True),
            ("banned", False),
            ("archived_for_recycling", False),
        ],
    )
    def test_whoever_is_banned_or_gone_is_not_seen(
        self, rows: Rows, status: str, *, seen: bool
    ) -> None:
        rows.person("Ada", status=status)
        assert (profile(rows.session, ADA, now=NOW) is not None) is seen

    @pytest.mark.parametrize("pair", [("Ada", "Bo"), ("Bo", "Ada")])
    def test_a_block_hides_both_from_one_another(self, rows: Rows, pair: tuple[str, str]) -> None:
        rows.person("Ada")
        rows.person("Bo")
        rows.block(*pair)
        assert profile(rows.session, ADA, now=NOW, asker_id=BO) is None
        assert of_ada(rows)

    def test_a_block_that_has_ended_hides_nobody(self, rows: Rows) -> None:
        rows.person("Ada")
        rows.person("Bo")
        rows.block("Ada", "Bo", ended=True)
        assert of_ada(rows, asker=BO)

    def test_of_very_many_photos_the_newest_are_shown(self, rows: Rows) -> None:
        rows.person("Ada")
        for day in range(102):
            photo(rows, f"{day}", day)
        shown = [each.url for each in of_ada(rows).photos]
        assert shown == [f"{day}" for day in range(101, 1, -1)]
