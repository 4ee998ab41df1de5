"""profile_photo.added and host_photo.added."""

from datetime import timedelta

from tests.helpers.pages import DAY, HOUR, START, an_id
from tests.integration.domain.profiles.scene import ADA, BO, URL, Scene

PHOTO = an_id("photo")
FACES = (
    "SELECT current_photo_url, face_card_source_photo_url, current_face_card_photo_url"
    " FROM social_profiles WHERE user_id = :ada"
)
YEAR = timedelta(days=365)


def faces(scene: Scene) -> list[tuple[str | None, ...]]:
    return scene.rows(FACES, ada=ADA)


class TestProfilePhotos:
    def test_the_first_makes_the_profile(self, scene: Scene) -> None:
        said = {"photo_id": PHOTO, "user_id": ADA, "url": URL, "is_authentic": True}
        assert scene.tell("profile_photo.added", **said) is None
        assert faces(scene) == [(URL, URL, URL)]
        kept = "SELECT url, is_authentic, authentic_expires_at FROM profile_photos"
        assert scene.rows(kept) == [(URL, True, START + YEAR)]

    def test_said_again_nothing_changes(self, scene: Scene) -> None:
        said = {"photo_id": PHOTO, "user_id": ADA, "url": URL, "is_authentic": True}
        page = scene.page("profile_photo.added", **said)
        scene.run(page)
        before = scene.rows("SELECT * FROM profile_photos")
        again = scene.page("profile_photo.added", START + DAY, **{**said, "url": URL + "other"})
        scene.run(page, again)
        assert scene.rows("SELECT * FROM profile_photos") == before
        assert scene.outcome(again) is None

    def test_a_row_that_a_service_wrote_is_found_and_completed(self, scene: Scene) -> None:
        scene.execute(
            "INSERT INTO profile_photos (id, user_id, url, is_authentic)"
            " VALUES (:id, :ada, :url, true)",
            id=PHOTO,
            ada=ADA,
            url=URL,
        )
        said = {"photo_id": PHOTO, "user_id": ADA, "url": URL, "is_authentic": True}
        scene.tell("profile_photo.added", **said)
        kept = "SELECT stamp_time, authentic_expires_at FROM profile_photos"
        assert scene.rows(kept) == [(START, START + YEAR)]
        assert faces(scene) == [(URL, URL, URL)]

    def test_one_that_only_a_service_speaks_of_is_not_the_first(self, scene: Scene) -> None:
        scene.execute(
            "INSERT INTO profile_photos (id, user_id, url) VALUES (:id, :ada, 'https://a.b/early')",
            id=an_id("early"),
            ada=ADA,
        )
        said = {"photo_id": PHOTO, "user_id": ADA, "url": URL, "is_authentic": False}
        scene.tell("profile_photo.added", **said)
        assert faces(scene) == [(URL, None, URL)]

    def test_an_id_under_which_somebody_else_has_one_is_taken(self, scene: Scene) -> None:
        said = {"photo_id": PHOTO, "url": URL, "is_authentic": False}
        scene.tell("profile_photo.added", **said, user_id=ADA)
        assert scene.tell("profile_photo.added", **said, user_id=BO) == "rejected id_taken"
        assert scene.column("SELECT user_id FROM profile_photos") == [ADA]

    def test_in_one_batch_the_earlier_of_two_people_has_it(self, scene: Scene) -> None:
        said = {"photo_id": PHOTO, "url": URL, "is_authentic": False}
        later = scene.page("profile_photo.added", START + HOUR, **said, user_id=ADA)
        earlier = scene.page("profile_photo.added", START, **said, user_id=BO)
        scene.run(later, earlier)
        assert scene.column("SELECT user_id FROM profile_photos") == [BO]
        assert scene.outcome(later) == "rejected id_taken"
        assert scene.column("SELECT user_id FROM social_profiles") == [BO]


class TestHostPhotos:
    def test_they_are_kept(self, scene: Scene) -> None:
        said = {"photo_id": PHOTO, "host_id": ADA, "url": URL, "photo_type": "venue"}
        scene.tell("host_photo.added", **said, caption="The bar")
        kept = "SELECT host_id, url, photo_type, caption, stamp_time FROM host_photos"
        assert scene.rows(kept) == [(ADA, URL, "venue", "The bar", START)]

    def test_somebody_unknown_is_waited_for(self, scene: Scene) -> None:
        stranger = an_id("stranger")
        said = {"photo_id": PHOTO, "host_id": stranger, "url": URL, "photo_type": "logo"}
        assert scene.tell("host_photo.added", **said) == f"deferred user:{stranger}"


class TestOfTheDeleted:
    def test_neither_older_nor_newer_ones_come_back_nor_what_a_service_wrote(
        self, scene: Scene
    ) -> None:
        scene.tell("user.deleted", user_id=ADA)
        for name, at in (("older", START - DAY), ("newer", START + DAY)):
            scene.execute(
                "INSERT INTO profile_photos (id, user_id, url) VALUES (:id, :ada, :url)",
                id=an_id(name),
                ada=ADA,
                url=URL,
            )
            said = {"user_id": ADA, "url": URL, "is_authentic": True}
            outcome = scene.tell("profile_photo.added", at, photo_id=an_id(name), **said)
            assert outcome == ("user_deleted" if name == "older" else "rejected user_deleted")
        assert scene.rows("SELECT * FROM profile_photos") == []
        assert faces(scene) == []

    def test_deleting_spares_what_others_have_under_the_same_id(self, scene: Scene) -> None:
        said = {"photo_id": PHOTO, "url": URL, "is_authentic": False}
        scene.tell("profile_photo.added", **said, user_id=BO)
        scene.tell("user.deleted", user_id=ADA)
        scene.tell("profile_photo.added", START - DAY, **said, user_id=ADA)
        assert scene.column("SELECT user_id FROM profile_photos") == [BO]
