"""Puts what somebody is told into words for its channel."""

from typing import NamedTuple

from domain.notifications.concern import Told
from domain.notifications.rendering import render, render_email, render_sms
from domain.notifications.segments import count_segments
from domain.notifications.templates import language_of
from domain.tables.notifications import Channel


class Text(NamedTuple):
    """A notification in words. Of an SMS only the body; a link leads into the app."""

    title: str
    body: str
    link: str
    # What it costs of a channel's rate: of an SMS its segments.
    segments: int = 1


def put_into_words(told: Told) -> Text | None:
    """Put one into words; None if that can't be done, which must hold up no other."""
    language = language_of(None)
    try:
        if told.channel is Channel.SMS:
            body = render_sms(told.template, told.words, language)
            return Text("", body, "", count_segments(body))
        if told.channel is Channel.EMAIL:
            title, body = render_email(told.template, told.words, language)
            return Text(title, body, "")
        said = render(told.template, told.words, language)
    except (LookupError, ValueError, TypeError, AttributeError, OverflowError):
        return None
    return Text(said.title, said.body, said.link)
