"""`momento notifications`: what people were told, or why not; and how a text looks.

People are shown by their ids only, and no words are kept.
"""

import argparse
from collections.abc import Iterator
from typing import Final

from sqlmodel import Session

from domain.notifications.examples import example_words
from domain.notifications.log import (
    Logged,
    LoggedHandover,
    find_notification,
)
from domain.notifications.rendering import render, render_email, render_sms
from domain.notifications.rules import CATEGORIES
from domain.notifications.segments import count_segments
from domain.notifications.templates import LANGUAGES
from domain.notifications.templates.language import Language
from domain.ops.tellings import TellingFilter, list_tellings
from domain.tables.notifications import Channel, NotificationStatus, Template
from workers.commands.arguments import add_json, add_limit, id_shown_by
from workers.commands.asking import aligned, as_json, one_transaction, shown
from workers.errors import CommandError
from workers.settings import Settings

NAME = "notifications"
HELP = "Say what people were told or why not, and show how a text looks"
TEMPLATES: Final = [each.value for each in Template]
IDENTITY: Final = id_shown_by("`momento notifications list` or `momento trace` show it")
HEADINGS: Final = ("ID", "SINCE", "USER", "CHANNEL", "TEMPLATE", "STATUS", "WHY", "EVENT")


def configure(parser: argparse.ArgumentParser) -> None:
    """What to do, and with which."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    listing = actions.add_parser("list", help="the newest first")
    listing.add_argument("--user", type=IDENTITY, metavar="ID", help="only of this person")
    listing.add_argument("--channel", choices=[each.value for each in Channel])
    listing.add_argument("--status", choices=[each.value for each in NotificationStatus])
    listing.add_argument("--template", choices=TEMPLATES, metavar="TEMPLATE")
    add_limit(listing)
    add_json(listing)
    showing = actions.add_parser("show", help="one, with each try to hand it over")
    showing.add_argument("id", type=IDENTITY, metavar="ID")
    add_json(showing)
    previewing = actions.add_parser("preview", help="how a text looks on each channel")
    previewing.add_argument("template", choices=TEMPLATES, metavar="TEMPLATE")
    previewing.add_argument("--language", choices=[*LANGUAGES], help="only in this one")


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Print what was asked for."""
    if arguments.action == "preview":
        print("\n".join(_preview(Template(arguments.template), arguments.language)))
        return 0
    with one_transaction(settings) as session:
        answer = (_list if arguments.action == "list" else _show)(session, arguments)
    print(answer)
    return 0


def _list(session: Session, arguments: argparse.Namespace) -> str:
    wanted = TellingFilter(
        user=arguments.user,
        channel=arguments.channel,
        template=arguments.template,
        state=arguments.status,
    )
    found = _walk(session, wanted, limit=arguments.limit)
    if arguments.json:
        return as_json(found)
    return aligned([HEADINGS, *map(_row, found)]) if found else "There are none of that kind."


def _walk(session: Session, wanted: TellingFilter, *, limit: int) -> list[Logged]:
    """Look as far back as it takes: here nobody asks for a further page."""
    found, after = list[Logged](), None
    while True:
        page = list_tellings(session, wanted, after=after, limit=limit - len(found))
        found, after = found + page.rows, page.after
        if after is None or len(found) >= limit:
            return found


def _row(logged: Logged) -> tuple[str, ...]:
    return (
        logged.id,
        f"{logged.created_at:%Y-%m-%d %H:%M}Z",
        logged.user_id,
        logged.channel,
        logged.template,
        logged.status,
        logged.reason or "",
        f"#{logged.domain_event_id}",
    )


def _show(session: Session, arguments: argparse.Namespace) -> str:
    found = find_notification(session, arguments.id)
    if found is None:
        message = f"There is no notification {arguments.id}; after 90 days they are forgotten."
        raise CommandError(message)
    logged, handovers = found
    if arguments.json:
        return as_json({"notification": logged, "handovers": handovers})
    return "\n".join(map(shown, _lines(logged, handovers)))


def _lines(logged: Logged, handovers: list[LoggedHandover]) -> Iterator[str]:
    why = f", {logged.reason}" if logged.reason else ""
    yield f"{logged.template} to {logged.user_id} by {logged.channel}: {logged.status}{why}"
    yield f"  follows from #{logged.domain_event_id}; allowed by {logged.category}"
    yield f"  goes out {logged.send_after:%Y-%m-%d %H:%M:%SZ} at the earliest"
    yield f"  makes sense until {logged.expires_at:%Y-%m-%d %H:%M:%SZ}"
    if logged.segments is not None:
        yield f"  in {logged.segments} SMS {'segment' if logged.segments == 1 else 'segments'}"
    for each in handovers:
        yield f"  - {_tried(each)}"


def _tried(each: LoggedHandover) -> str:
    parts = [
        f"{each.handed_over_at:%Y-%m-%d %H:%M:%SZ} try {each.attempt}: {each.state}",
        each.reason or "",
        f"phone {each.token_id}" if each.token_id else "",
        f"the provider's {each.provider_id}" if each.provider_id else "",
        f"asked about {each.asked} times" if each.asked > 1 else "",
        f"is asked about {each.ask_at:%Y-%m-%d %H:%MZ}" if each.ask_at else "",
    ]
    return ", ".join(part for part in parts if part)


def _preview(template: Template, wanted: str | None) -> Iterator[str]:
    channels = {category.channel for category in CATEGORIES[template]}
    for code, language in LANGUAGES.items():
        if wanted in (None, code):
            yield f"{template} in {code}"
            yield from _previewed(template, language, channels=channels)


def _previewed(template: Template, language: Language, *, channels: set[Channel]) -> Iterator[str]:
    counts = (1, 3) if language.texts[template].many else (1,)
    for count in counts:
        said = render(template, example_words(count=count), language)
        yield f"  push   {said.title}"
        yield f"         {said.body}"
        yield f"         {said.link}"
    if Channel.SMS in channels:
        text = render_sms(template, example_words(), language)
        segments = count_segments(text)
        yield f"  sms    {text}"
        yield f"         {len(text)} characters in {segments} segment{'s' * (segments != 1)}"
    if Channel.EMAIL in channels:
        subject, body = render_email(template, example_words(), language)
        yield f"  email  {subject}"
        yield from (f"         {line}".rstrip() for line in body.splitlines())
