"""interests.selected and persona.updated."""

from tests.helpers.pages import DAY, HOUR, START
from tests.integration.domain.profiles.scene import ADA, BO, Scene

OF = (
    "SELECT name FROM profile_interests JOIN interests ON interests.id = interest_id"
    ' WHERE user_id = :who ORDER BY name COLLATE "C"'
)
ALL = 'SELECT name FROM interests ORDER BY name COLLATE "C"'


def interests(scene: Scene, who: str = ADA) -> list[str]:
    return scene.column(OF, who=who)


class TestInterests:
    def test_unknown_names_are_added_and_known_ones_taken(self, scene: Scene) -> None:
        scene.execute("INSERT INTO interests (name) VALUES ('Hiking')")
        scene.tell("interests.selected", user_id=ADA, interests=["Hiking", "Soup", " Soup"])
        assert interests(scene) == ["Hiking", "Soup"]
        assert scene.column(ALL) == ["Hiking", "Soup"]

    def test_the_set_is_replaced(self, scene: Scene) -> None:
        scene.tell("interests.selected", user_id=ADA, interests=["Hiking", "Soup"])
        kept = "SELECT user_id, interest_id, created_at FROM profile_interests"
        (hiking, _) = sorted(scene.rows(kept), key=lambda row: int(row[1]))
        scene.tell("interests.selected", START + DAY, user_id=ADA, interests=["Hiking", "Jazz"])
        assert interests(scene) == ["Hiking", "Jazz"]
        assert hiking in scene.rows(kept)

    def test_an_older_selection_changes_nothing(self, scene: Scene) -> None:
        scene.tell("interests.selected", user_id=ADA, interests=["Hiking"])
        scene.tell("interests.selected", START - HOUR, user_id=ADA, interests=["Soup"])
        assert interests(scene) == ["Hiking"]

    def test_none_is_a_selection_too(self, scene: Scene) -> None:
        scene.tell("interests.selected", user_id=ADA, interests=["Hiking"])
        scene.tell("interests.selected", START + DAY, user_id=ADA, interests=[])
        assert interests(scene) == []

    def test_two_spellings_are_two(self, scene: Scene) -> None:
        scene.tell("interests.selected", user_id=ADA, interests=["Hiking"])
        scene.tell("interests.selected", user_id=BO, interests=["hiking"])
        assert (interests(scene), interests(scene, BO)) == (["Hiking"], ["hiking"])

    def test_a_known_name_uses_up_no_number(self, scene: Scene) -> None:
        for _ in range(3):
            scene.tell("interests.selected", user_id=ADA, interests=["Hiking"])
        scene.tell("interests.selected", START + DAY, user_id=ADA, interests=["Soup"])
        assert scene.column("SELECT id FROM interests ORDER BY id") == [1, 2]

    def test_of_the_deleted_names_are_kept_that_were_known_before(self, scene: Scene) -> None:
        scene.tell("interests.selected", START - DAY, user_id=ADA, interests=["Hiking"])
        scene.tell("user.deleted", user_id=ADA)
        late = scene.tell("interests.selected", START + DAY, user_id=ADA, interests=["Soup"])
        assert late == "rejected user_deleted"
        older = scene.tell("interests.selected", START - HOUR, user_id=ADA, interests=["Jazz"])
        assert older == "user_deleted"
        assert interests(scene) == []
        assert scene.column(ALL) == ["Hiking"]
        told = scene.column("SELECT data::text FROM domain_events WHERE data ? 'interests'")
        assert not [line for line in told if "Jazz" in line or "Soup" in line]


class TestPersona:
    def test_columns_and_what_search_reads_follow(self, scene: Scene) -> None:
        scene.tell("persona.updated", user_id=ADA, career="Baker", interests=["Soup", "Jazz"])
        scene.tell("persona.updated", START + DAY, user_id=ADA, mood="calm")
        columns = "SELECT career, interests, mood FROM users WHERE id = :ada"
        assert scene.rows(columns, ada=ADA) == [("Baker", ["Soup", "Jazz"], "calm")]
        found = "SELECT id FROM users WHERE search_document @@ to_tsquery('english', 'soups')"
        assert scene.column(found) == [ADA]

    def test_others_words_about_the_account_stay(self, scene: Scene) -> None:
        scene.tell("persona.updated", user_id=ADA, career="Baker")
        scene.tell("user.updated", user_id=ADA, last_name="Lu", timezone="Europe/Rome")
        columns = "SELECT career, last_name, timezone FROM users WHERE id = :ada"
        assert scene.rows(columns, ada=ADA) == [("Baker", "Lu", "Europe/Rome")]

    def test_the_deleted_have_none(self, scene: Scene) -> None:
        scene.tell("persona.updated", START - DAY, user_id=ADA, career="Baker", interests=["Soup"])
        scene.tell("user.deleted", user_id=ADA)
        scene.tell("persona.updated", START - HOUR, user_id=ADA, mood="calm")
        columns = "SELECT career, interests, mood, search_document::text FROM users WHERE id = :ada"
        assert scene.rows(columns, ada=ADA) == [(None, None, None, "")]
        kinds = "SELECT DISTINCT kind FROM user_facts WHERE user_id = :ada"
        assert set(scene.column(kinds, ada=ADA)) == {"user.registered", "user.deleted"}
