"""profile.liked, social_link.added and social_link.shared."""

from datetime import datetime

from tests.helpers.pages import DAY, HOUR, START, an_id
from tests.integration.domain.profiles.scene import ADA, BO, DAN, URL, Scene

LIKES = "SELECT liker_id, liked_id FROM profile_likes"
SHARED = "SELECT sharer_id, receiver_id, platform, shared_url FROM social_connections"
SHARE = {"sharer_id": ADA, "receiver_id": BO, "platform": "instagram"}


def link(scene: Scene, name: str = "link", at: datetime = START, /, **said: str) -> str | None:
    basics = {"link_id": an_id(name), "user_id": ADA, "platform": "instagram", "url": URL + name}
    return scene.tell("social_link.added", at, **{**basics, **said})


class TestLikes:
    def test_a_like_is_kept_once(self, scene: Scene) -> None:
        for _ in range(2):
            assert scene.tell("profile.liked", liker_id=ADA, liked_id=BO) is None
        assert scene.rows(LIKES) == [(ADA, BO)]

    def test_one_that_a_service_wrote_is_found(self, scene: Scene) -> None:
        scene.execute("INSERT INTO profile_likes (liker_id, liked_id) VALUES (:a, :b)", a=ADA, b=BO)
        assert scene.tell("profile.liked", liker_id=ADA, liked_id=BO) is None
        assert scene.rows(LIKES) == [(ADA, BO)]

    def test_liking_oneself_is_rejected(self, scene: Scene) -> None:
        assert scene.tell("profile.liked", liker_id=ADA, liked_id=ADA) == "rejected self"

    def test_likes_of_and_by_the_deleted_go_and_none_come(self, scene: Scene) -> None:
        scene.tell("profile.liked", START - DAY, liker_id=ADA, liked_id=BO)
        scene.tell("profile.liked", START - DAY, liker_id=BO, liked_id=ADA)
        scene.tell("profile.liked", START - DAY, liker_id=BO, liked_id=DAN)
        scene.tell("user.deleted", user_id=ADA)
        scene.execute("INSERT INTO profile_likes (liker_id, liked_id) VALUES (:a, :b)", a=ADA, b=BO)
        late = scene.tell("profile.liked", START + DAY, liker_id=ADA, liked_id=BO)
        assert late == "rejected user_deleted"
        for at in (START - HOUR, START + DAY):
            assert scene.tell("profile.liked", at, liker_id=DAN, liked_id=ADA) == "user_deleted"
        assert scene.rows(LIKES) == [(BO, DAN)]


class TestLinks:
    def test_they_are_private_unless_said(self, scene: Scene) -> None:
        link(scene)
        kept = "SELECT id, user_id, platform, url, is_public_on_host_profile FROM user_social_links"
        assert scene.rows(kept) == [(an_id("link"), ADA, "instagram", URL + "link", False)]

    def test_an_id_under_which_somebody_else_has_one_is_taken(self, scene: Scene) -> None:
        link(scene)
        assert link(scene, user_id=BO) == "rejected id_taken"


class TestSharing:
    def test_the_link_is_kept_as_it_is_now(self, scene: Scene) -> None:
        link(scene)
        assert scene.tell("social_link.shared", **SHARE) is None
        link(scene, "newer", START + DAY)
        assert scene.tell("social_link.shared", START + DAY, **SHARE) is None
        assert scene.rows(SHARED) == [(ADA, BO, "instagram", URL + "link")]

    def test_of_several_links_the_newest_counts(self, scene: Scene) -> None:
        link(scene, "newest", START + DAY)
        link(scene, "older", START)
        link(scene, "elsewhere", START + 2 * DAY, platform="mastodon")
        scene.tell("social_link.shared", **SHARE)
        assert scene.rows(SHARED) == [(ADA, BO, "instagram", URL + "newest")]

    def test_without_a_link_it_waits_for_one_of_that_platform(self, scene: Scene) -> None:
        page = scene.page("social_link.shared", **SHARE)
        scene.run(page)
        assert scene.outcome(page) == f"deferred social_links:{ADA}"
        link(scene, "elsewhere", platform="mastodon")
        assert scene.outcome(page) == f"deferred social_links:{ADA}"
        link(scene)
        assert scene.outcome(page) is None
        assert scene.rows(SHARED) == [(ADA, BO, "instagram", URL + "link")]

    def test_who_waits_is_told_when_the_sharer_leaves(self, scene: Scene) -> None:
        early = scene.page("social_link.shared", START - DAY, **SHARE)
        late = scene.page("social_link.shared", START + DAY, **SHARE)
        scene.run(early, late)
        scene.tell("user.verified", user_id=ADA)
        scene.run(scene.page("user.deleted", user_id=ADA))
        assert scene.outcome(early) == "user_deleted"
        assert scene.outcome(late) == "rejected user_deleted"

    def test_with_oneself_it_is_rejected(self, scene: Scene) -> None:
        said = {**SHARE, "receiver_id": ADA}
        assert scene.tell("social_link.shared", **said) == "rejected self"

    def test_snapshots_of_and_for_the_deleted_go(self, scene: Scene) -> None:
        link(scene)
        link(scene, "Bo", user_id=BO)
        for sharer, receiver in ((ADA, BO), (BO, ADA), (BO, DAN)):
            said = {"sharer_id": sharer, "receiver_id": receiver, "platform": "instagram"}
            scene.tell("social_link.shared", **said)
        scene.run(scene.page("user.deleted", START + DAY, user_id=ADA))
        assert scene.rows(SHARED) == [(BO, DAN, "instagram", URL + "Bo")]
        assert scene.column("SELECT user_id FROM user_social_links") == [BO]
        for at in (START, START + 2 * DAY):
            said = {"sharer_id": BO, "receiver_id": ADA, "platform": "instagram"}
            assert scene.tell("social_link.shared", at, **said) == "user_deleted"
