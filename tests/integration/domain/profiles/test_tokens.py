"""push_token.registered and push_token.removed."""

from datetime import datetime

from tests.helpers.pages import DAY, HOUR, START, an_id
from tests.integration.domain.profiles.scene import ADA, BO, Scene

TOKEN = "ExponentPushToken[xyz]"
ROWS = "SELECT user_id, token, disabled_at, disabled_reason FROM push_notification_tokens"


def register(
    scene: Scene, who: str, at: datetime = START, *, token: str = TOKEN, name: str = "phone"
) -> str | None:
    said = {"token_id": an_id(f"{name} {who}"), "user_id": who, "platform": "android"}
    return scene.tell("push_token.registered", at, **said, token=token)


def remove(scene: Scene, who: str, at: datetime = START) -> str | None:
    return scene.tell("push_token.removed", at, user_id=who, token=TOKEN)


class TestTokens:
    def test_one_is_kept_with_its_id_and_platform(self, scene: Scene) -> None:
        assert register(scene, ADA) is None
        columns = "SELECT id, platform, token, user_id FROM push_notification_tokens"
        assert scene.rows(columns) == [(an_id(f"phone {ADA}"), "android", TOKEN, ADA)]

    def test_it_moves_to_who_registered_it_later(self, scene: Scene) -> None:
        register(scene, ADA)
        assert register(scene, BO, START + HOUR) is None
        assert register(scene, ADA, START - HOUR) == "newer_stands"
        assert scene.rows(ROWS) == [(BO, TOKEN, None, None)]
        assert scene.column("SELECT id FROM push_notification_tokens") == [an_id(f"phone {BO}")]

    def test_removed_it_is_disabled_and_registered_again_enabled(self, scene: Scene) -> None:
        register(scene, ADA)
        assert remove(scene, ADA, START + HOUR) is None
        assert scene.rows(ROWS) == [(ADA, TOKEN, START + HOUR, "removed")]
        register(scene, ADA, START + DAY)
        assert scene.rows(ROWS) == [(ADA, TOKEN, None, None)]

    def test_removed_by_who_does_not_have_it_nothing_happens(self, scene: Scene) -> None:
        assert remove(scene, ADA) == "not_registered"
        register(scene, BO)
        assert remove(scene, ADA, START + HOUR) == "not_registered"
        assert remove(scene, BO, START - HOUR) == "newer_stands"
        assert scene.rows(ROWS) == [(BO, TOKEN, None, None)]

    def test_an_id_of_another_token_is_taken(self, scene: Scene) -> None:
        register(scene, ADA)
        register(scene, BO, START + HOUR)
        assert register(scene, ADA, token="ExpoPushToken[b]") == "rejected id_taken"
        assert scene.column("SELECT token FROM push_notification_tokens") == [TOKEN]

    def test_in_one_batch_the_earlier_has_the_id(self, scene: Scene) -> None:
        said = {"token_id": an_id("phone"), "user_id": ADA, "platform": "ios"}
        later = scene.page("push_token.registered", START + HOUR, **said, token=TOKEN)
        earlier = scene.page("push_token.registered", **said, token="ExpoPushToken[b]")
        scene.run(later, earlier)
        assert scene.outcome(later) == "rejected id_taken"
        assert scene.column("SELECT token FROM push_notification_tokens") == ["ExpoPushToken[b]"]


class TestOfTheDeleted:
    def test_no_token_is_left_neither_in_rows_nor_in_facts(self, scene: Scene) -> None:
        register(scene, ADA, START - DAY)
        scene.run(scene.page("user.deleted", user_id=ADA))
        assert register(scene, ADA, START - HOUR) == "user_deleted"
        assert register(scene, ADA, START + HOUR) == "rejected user_deleted"
        assert remove(scene, ADA, START - HOUR) == "user_deleted"
        assert scene.rows(ROWS) == []
        assert set(scene.column("SELECT data::text FROM push_token_facts")) == {"{}"}

    def test_it_does_not_fall_back_to_who_had_that_phone_before(self, scene: Scene) -> None:
        register(scene, ADA, START - DAY)
        register(scene, BO, START - HOUR)
        scene.run(scene.page("user.deleted", user_id=BO))
        assert scene.rows(ROWS) == []
        register(scene, ADA, START + HOUR)
        assert scene.rows(ROWS) == [(ADA, TOKEN, None, None)]

    def test_registered_after_the_deletion_it_goes_back(self, scene: Scene) -> None:
        register(scene, ADA, START - DAY)
        register(scene, BO, START + HOUR)
        scene.run(scene.page("user.deleted", user_id=BO))
        assert scene.rows(ROWS) == [(ADA, TOKEN, None, None)]

    def test_a_ban_takes_no_token_away(self, scene: Scene) -> None:
        register(scene, ADA, START)
        banned = scene.page("user.status_changed", user_id=ADA, status="banned")
        scene.run(banned)
        assert scene.rows(ROWS) == [(ADA, TOKEN, None, None)]
