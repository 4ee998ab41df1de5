"""What has a vector, from what it is made, and when it is made anew or goes."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, text

from domain.gatherings.payloads import EventUpdated
from domain.invitations.payloads import InvitationDeclined
from domain.matching.embedding import LocalEmbedder, embed
from domain.payload import Payload
from domain.profiles.payloads import (
    InterestsSelected,
    PersonaUpdated,
    ProfileLiked,
    ProfilePhotoAdded,
)
from domain.users.payloads import SocialProfileUpdated, UserDeleted
from tests.factories.town import literal
from tests.helpers.apply import undone
from tests.helpers.diary import Diary
from tests.helpers.pages import DAY, START, an_id
from tests.helpers.roles import as_scheduler
from tests.helpers.telling import tell
from workers.chores.vectors import make_vectors

LATER = timedelta(minutes=6)
MINUTE = timedelta(minutes=1)


class Story:
    """What is told, applied and followed by the chore; and rows as the profiles topic has them."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.diary = Diary()
        self.diary.people("Hanna", "Cleo", "Ada", "Bo")
        self.diary.event("drinks", host="Hanna", seats=4)
        self._ticks = self._said = 0
        # Not when the tests were collected, which may be long ago.
        self.began = datetime.now(UTC)
        self.go_on()

    def say(self, payload: Payload, *, at: datetime | None = None) -> None:
        """Have something said, a minute after what was said last."""
        self._said += 1
        self.diary.note(payload, at or START - 30 * DAY + self._said * MINUTE)

    def go_on(self) -> None:
        """Apply what was told, then let the chore have its turn."""
        tell(self.engine, self.diary.pages)
        self.chore()

    def chore(self) -> None:
        self._ticks += 1
        while make_vectors(
            as_scheduler(self.engine),
            LocalEmbedder(),
            now=self.began + self._ticks * LATER,
        ):
            pass
        assert undone(self.engine) == []

    def run(self, statement: str, **parameters: Any) -> None:
        with self.engine.begin() as connection:
            connection.execute(text(statement), parameters)

    def ask(self, statement: str, **parameters: Any) -> Any:
        with self.engine.connect() as connection:
            return connection.execute(text(statement), parameters).scalar_one()

    def likeness(self, column: str, said: str, *, where: str) -> float | None:
        """How near a vector lies to that of a text: 1 if it was made from it."""
        found = self.ask(
            f"SELECT 1 - ({column} <=> cast(:vector AS vector)) FROM {where}", vector=literal(said)
        )
        return None if found is None else round(found, 5)

    def of(self, person: str, kind: str, said: str) -> float | None:
        where = (
            f"user_interest_vectors WHERE user_id = '{an_id(person)}' AND vector_type = '{kind}'"
        )
        there = self.ask(f"SELECT count(*) FROM {where}")
        return self.likeness("vector", said, where=where) if there else None

    def profile(self, person: str, said: str) -> float | None:
        where = f"social_profiles WHERE user_id = '{an_id(person)}'"
        return self.likeness("social_profile_vector", said, where=where)

    def persona(self, person: str, **said: Any) -> None:
        self.say(PersonaUpdated.model_validate({"user_id": an_id(person), **said}))

    def likes(self, liker: str, liked: str) -> None:
        self.say(ProfileLiked(liker_id=an_id(liker), liked_id=an_id(liked)))


@pytest.fixture
def story(engine: Engine) -> Story:
    return Story(engine)


class TestEvents:
    WHERE = f"events WHERE id = '{an_id('drinks')}'"

    def test_a_published_one_has_the_vector_of_its_texts(self, story: Story) -> None:
        said = "Drinks\nIn company\nStop\nStop"
        assert story.likeness("event_vector", said, where=self.WHERE) == 1

    def test_a_changed_one_has_that_of_its_new_texts(self, story: Story) -> None:
        story.say(EventUpdated(event_id=an_id("drinks"), title="Jazz"), at=START - 20 * DAY)
        story.go_on()
        said = "Jazz\nIn company\nStop\nStop"
        assert story.likeness("event_vector", said, where=self.WHERE) == 1

    def test_one_whose_texts_are_the_same_isn_t_asked_for_again(self, story: Story) -> None:
        story.say(EventUpdated(event_id=an_id("drinks"), max_attendees=9), at=START - 20 * DAY)
        tell(story.engine, story.diary.pages)
        embedder = Counting()
        make_vectors(as_scheduler(story.engine), embedder, now=story.began + 100 * LATER)
        assert embedder.asked == []
        assert undone(story.engine) == []


class TestPeople:
    def test_a_profile_is_made_of_bio_occupation_and_persona(self, story: Story) -> None:
        assert story.profile("Ada", "anything") is None
        story.say(SocialProfileUpdated(user_id=an_id("Ada"), bio="I climb", occupation="Nurse"))
        story.persona("Ada", mood="curious")
        story.go_on()
        assert story.profile("Ada", "I climb\nNurse\ncurious") == 1

    def test_one_that_is_made_after_the_persona_was_told_has_its_vector(self, story: Story) -> None:
        story.run("DELETE FROM social_profiles WHERE user_id = :id", id=an_id("Ada"))
        story.persona("Ada", mood="curious")
        story.go_on()
        story.say(
            ProfilePhotoAdded(
                photo_id=an_id("photo"),
                user_id=an_id("Ada"),
                url="https://photos.example/1",
                is_authentic=True,
            )
        )
        story.go_on()
        assert story.profile("Ada", "curious") == 1

    def test_what_was_cleared_takes_the_vector_with_it(self, story: Story) -> None:
        story.say(SocialProfileUpdated(user_id=an_id("Ada"), bio="I climb"))
        story.go_on()
        story.say(SocialProfileUpdated(user_id=an_id("Ada"), bio=None), at=START - 20 * DAY)
        story.go_on()
        assert story.profile("Ada", "I climb") is None
        assert story.ask("SELECT count(*) FROM embeddings WHERE kind = 'profile'") == 0

    def test_a_taste_is_made_of_what_was_ticked_and_what_the_persona_names(
        self, story: Story
    ) -> None:
        story.say(InterestsSelected(user_id=an_id("Ada"), interests=[" jazz", "chess "]))
        story.persona("Ada", interests=["Wine"])
        story.go_on()
        assert story.of("Ada", "positive_v1", "chess\njazz\nwine") == 1
        assert story.likeness("vector", "jazz", where="interests WHERE name = 'jazz'") == 1

    def test_a_persona_has_the_name_of_the_career(self, story: Story) -> None:
        story.persona("Ada", career="Nurse", mood="curious")
        story.go_on()
        assert story.of("Ada", "persona_v1", "Nurse\ncurious") == 1
        # The same words, but said otherwise.
        story.persona("Ada", career=None, mood="Nurse", interests=["curious"])
        story.go_on()
        named = "SELECT count(persona_name) FROM user_interest_vectors"
        assert story.ask(named) == 0
        assert story.of("Ada", "persona_v1", "Nurse\ncurious") == 1


class TestMeans:
    def test_dislikes_are_the_mean_of_events_that_were_of_no_interest(self, story: Story) -> None:
        diary = story.diary
        diary.event("brunch", host="Hanna", seats=4)
        for event, reason in (("drinks", "not_interested"), ("brunch", "busy")):
            diary.invited(event, "Ada")
            said = {"invitation_id": an_id(f"{event} Ada"), "decline_reason": reason}
            story.say(InvitationDeclined.model_validate(said), at=START - 3 * DAY)
        story.go_on()
        assert story.of("Ada", "negative_v1", "Drinks\nIn company\nStop\nStop") == 1
        story.say(EventUpdated(event_id=an_id("drinks"), title="Jazz"), at=START - 20 * DAY)
        story.go_on()
        assert story.of("Ada", "negative_v1", "Jazz\nIn company\nStop\nStop") == 1

    def test_attraction_is_the_mean_of_the_profiles_that_are_liked(self, story: Story) -> None:
        story.say(SocialProfileUpdated(user_id=an_id("Bo"), bio="I climb"))
        story.say(SocialProfileUpdated(user_id=an_id("Cleo"), bio="I sing"))
        story.likes("Ada", "Bo")
        story.go_on()
        where = f"users WHERE id = '{an_id('Ada')}'"
        assert story.likeness("person_attraction_vector", "I climb", where=where) == 1
        story.likes("Ada", "Cleo")
        story.go_on()
        both = [a + b for a, b in zip(embed("I climb"), embed("I sing"), strict=True)]
        found = story.ask(
            "SELECT person_attraction_vector <=> cast(:mean AS vector) FROM " + where,
            mean=str(both),
        )
        assert found == pytest.approx(0, abs=1e-6)
        story.say(SocialProfileUpdated(user_id=an_id("Bo"), bio="I sing"), at=START - 20 * DAY)
        story.go_on()
        assert story.likeness("person_attraction_vector", "I sing", where=where) == 1


class TestDeletion:
    """Rules, "People": deleted people are forgotten."""

    KEPT = """
        SELECT (SELECT count(*) FROM user_interest_vectors WHERE user_id = :id)
            + (SELECT count(social_profile_vector) FROM social_profiles WHERE user_id = :id)
            + (SELECT count(person_attraction_vector) FROM users WHERE id = :id)
            + (SELECT count(*) FROM embeddings WHERE target = cast(:id AS text))
            + (SELECT count(*) FROM matching_requests WHERE target = cast(:id AS text))
            + (SELECT count(*) FROM user_places WHERE user_id = :id)
            + (SELECT count(*) FROM event_candidates WHERE user_id = :id)
    """

    @pytest.fixture
    def known(self, story: Story) -> Story:
        """Ada is known by vectors of every kind."""
        story.say(SocialProfileUpdated(user_id=an_id("Bo"), bio="I climb"))
        story.persona("Ada", mood="curious", interests=["jazz"])
        story.likes("Ada", "Bo")
        story.likes("Bo", "Ada")
        story.diary.invited("drinks", "Ada")
        said = {"invitation_id": an_id("drinks Ada"), "decline_reason": "not_interested"}
        story.say(InvitationDeclined.model_validate(said), at=START - 3 * DAY)
        story.go_on()
        assert story.ask(self.KEPT, id=an_id("Ada")) == 8
        return story

    def test_nothing_is_left_of_them(self, known: Story) -> None:
        known.say(UserDeleted(user_id=an_id("Ada")), at=START - DAY)
        tell(known.engine, known.diary.pages)
        assert known.ask(self.KEPT, id=an_id("Ada")) == 0

    def test_what_others_were_told_of_a_host_goes_with_the_host(self, known: Story) -> None:
        known.run(
            "INSERT INTO event_candidates (event_id, user_id, rank, score, match_reason,"
            " proposed_at) VALUES (:event, :bo, 1, 0.5, 'You and the host both like canaries.',"
            " now())",
            event=an_id("drinks"),
            bo=an_id("Bo"),
        )
        known.say(UserDeleted(user_id=an_id("Hanna")), at=START - DAY)
        tell(known.engine, known.diary.pages)
        assert known.ask("SELECT count(*) FROM event_candidates") == 0

    def test_who_liked_them_is_attracted_by_others_only(self, known: Story) -> None:
        known.say(UserDeleted(user_id=an_id("Ada")), at=START - DAY)
        known.go_on()
        attraction = "SELECT person_attraction_vector FROM users WHERE id = :id"
        assert known.ask(attraction, id=an_id("Bo")) is None

    def test_what_arrives_late_brings_nothing_back(self, known: Story) -> None:
        known.say(UserDeleted(user_id=an_id("Ada")), at=START - DAY)
        known.go_on()
        known.persona("Ada", mood="quiet")
        known.say(SocialProfileUpdated(user_id=an_id("Ada"), bio="I sing"))
        known.go_on()
        assert known.ask(self.KEPT, id=an_id("Ada")) == 0


class Counting(LocalEmbedder):
    """Keeps what it was asked."""

    def __init__(self, model: str = LocalEmbedder.model) -> None:
        self.model = model
        self.asked: list[list[str]] = []

    def embed(self, texts: Any) -> Any:
        self.asked.append(list(texts))
        return super().embed(texts)


class TestAnotherModel:
    def test_everything_is_made_anew_and_then_never_again(self, story: Story) -> None:
        story.persona("Ada", mood="curious", interests=["jazz"])
        story.go_on()
        embedder = Counting("another-model")
        while make_vectors(as_scheduler(story.engine), embedder, now=story.began + 100 * LATER):
            pass
        asked = sorted(text for texts in embedder.asked for text in texts)
        assert asked == ["Drinks\nIn company\nStop\nStop", "curious\njazz", "jazz"]
        assert (
            story.ask("SELECT string_agg(DISTINCT model, ' ') FROM embeddings") == "another-model"
        )
        embedder.asked.clear()
        make_vectors(as_scheduler(story.engine), embedder, now=story.began + 101 * LATER)
        assert embedder.asked == []
