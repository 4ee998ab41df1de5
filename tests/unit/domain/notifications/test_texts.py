"""Every text in every language, as people see it: read the snapshots beside this file."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from string import Formatter
from typing import Final

import pytest

from domain.notifications.rendering import PATHS, Words, render, render_email, render_sms, shorten
from domain.notifications.rules import CATEGORIES
from domain.notifications.segments import count_segments
from domain.notifications.templates import LANGUAGES, language_of
from domain.notifications.templates.language import Language
from domain.tables.notifications import Channel, Template
from tests.helpers.pages import an_id

SNAPSHOTS: Final = Path(__file__).parent / "snapshots"
STARTS: Final = datetime(2026, 3, 14, 18, tzinfo=UTC)
IDS: Final = {
    name: an_id(name)
    for path in PATHS.values()
    for _, name, _, _ in Formatter().parse(path)
    if name is not None
}
WORDS: Final = Words(
    params=IDS,
    zone="Europe/Berlin",
    event="Drinks by the river",
    who="Ada",
    starts=STARTS,
    until=STARTS - timedelta(hours=6),
    signpost="the red lamp beside the door",
    amount_in_cents=500,
)
MANY: Final = Words(**{**{name: getattr(WORDS, name) for name in WORDS.__slots__}, "count": 3})


def channels(template: Template) -> set[Channel]:
    return {category.channel for category in CATEGORIES[template]}


def read_aloud(language: Language) -> str:
    """Everything that is said in a language."""
    lines: list[str] = []
    for template in Template:
        lines.append(f"== {template}")
        for words in (WORDS, MANY)[: 2 if language.texts[template].many else 1]:
            said = render(template, words, language)
            lines += [f"push   {said.title} | {said.body}", f"       {said.link}"]
        if Channel.SMS in channels(template):
            text = render_sms(template, WORDS, language)
            lines.append(f"sms {count_segments(text)}  {text}")
        if Channel.EMAIL in channels(template):
            subject, body = render_email(template, WORDS, language)
            lines += [
                f"email  {subject}",
                *(f"       {line}".rstrip() for line in body.split("\n")),
            ]
    return "\n".join(lines) + "\n"


@pytest.fixture(params=LANGUAGES)
def code(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def language(code: str) -> Language:
    return LANGUAGES[code]


class TestTexts:
    def test_they_read_as_in_the_snapshot(self, code: str, language: Language) -> None:
        assert read_aloud(language) == (SNAPSHOTS / f"{code}.txt").read_text("utf-8")

    def test_every_text_is_there(self, language: Language) -> None:
        assert language.texts.keys() == set(Template) == PATHS.keys()

    def test_what_goes_by_sms_has_a_text_for_it(self, language: Language) -> None:
        with_one = {each for each in Template if language.texts[each].sms is not None}
        assert with_one == {each for each in Template if Channel.SMS in channels(each)}

    def test_the_names_of_kudos_givers_are_never_told(self, language: Language) -> None:
        said = render(Template.KUDOS, MANY, language)
        assert "Ada" not in said.title + said.body

    def test_what_is_missing_has_a_word(self, language: Language) -> None:
        for template in Template:
            said = render(template, Words(params=IDS), language)
            assert "None" not in said.title + said.body

    def test_an_unknown_language_is_english(self) -> None:
        assert language_of("tlh") is language_of(None) is LANGUAGES["en"]


class TestWhatPeopleWrite:
    HOSTILE: Final = "{params} {0.__class__}\nBcc: all@example.org"

    def test_it_is_never_read_as_a_text_itself_and_stays_on_a_line(
        self, language: Language
    ) -> None:
        words = Words(params=IDS, event=self.HOSTILE, who=self.HOSTILE, signpost=self.HOSTILE)
        for template in Template:
            subject, _ = render_email(template, words, language)
            said = render(template, words, language)
            assert "\n" not in subject + said.body
            assert "domain.notifications" not in said.title + said.body

    @pytest.mark.parametrize(
        "title",
        [
            "Drinks",
            "A very long evening with wine, cheese, music and a walk along the river at night",
            "Soirée à la plage \N{WINE GLASS}\N{SPARKLES}",
            "乾杯",
            "Wein \u2013 \u201eKäse\u201c \u2026",
            "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
        ],
    )
    def test_an_sms_goes_in_one_segment(self, language: Language, title: str) -> None:
        words = Words(params=IDS, event=title, starts=datetime(2026, 11, 22, 22, 45, tzinfo=UTC))
        for template in Template:
            if Channel.SMS in channels(template):
                assert count_segments(render_sms(template, words, language)) == 1, template

    def test_what_is_too_long_is_cut(self) -> None:
        assert shorten("one two three", 9) == "one two…"
        assert shorten("  one \n two ", 9) == "one two"

    def test_what_is_never_told_by_sms_has_no_text_for_it(self, language: Language) -> None:
        with pytest.raises(KeyError):
            render_sms(Template.KUDOS, WORDS, language)
