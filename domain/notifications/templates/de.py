"""What people are told, in German: what it writes with is in the alphabet of GSM-7."""

from datetime import datetime
from typing import Final

from domain.notifications.templates.language import Language, Text
from domain.tables.notifications import Template

_DAYS: Final = ("Mo", "Di", "Mi", "Do", "Fr", "Sa", "So")


def write_moment(local: datetime) -> str:
    """Write a time, e.g. `Sa, 14.3., 18:00 Uhr`."""
    day = f"{_DAYS[local.weekday()]}, {local.day}.{local.month}."
    return f"{day}, {local.hour}:{local.minute:02} Uhr"


TEXTS: Final = {
    Template.INVITATION: Text(
        "Du bist eingeladen",
        "{event}, {starts}. Antworte bis {until}.",
        sms="Momento: Du bist eingeladen: {event}, {starts}.",
    ),
    Template.INVITATION_ENDS_SOON: Text(
        "Deine Einladung läuft bald ab", "{event}: Dein Platz ist bis {until} reserviert."
    ),
    Template.SEAT_CONFIRMED: Text("Du hast einen Platz", "Wir sehen uns: {event}, {starts}."),
    Template.GUEST_CONFIRMED: Text("Jemand hat zugesagt", "{who} kommt: {event}."),
    Template.SEAT_REFUSED: Text(
        "Diesmal kein Platz", "{event}: Das ging leider nicht. Dein Geld ist auf dem Rückweg."
    ),
    Template.PAYMENT_FAILED: Text(
        "Zahlung fehlgeschlagen", "Deine Karte wurde abgelehnt. Versuch es bitte bis {until} neu."
    ),
    Template.PAYMENT_REFUNDED: Text(
        "Deine Rückzahlung", "{amount} gingen auf die Karte zurück, mit der du gezahlt hast."
    ),
    Template.PLAN_CHANGED: Text(
        "Der Plan hat sich geändert",
        "{event} ist jetzt {starts}. Sag bitte bis {until}, ob du kommst.",
        sms="Momento: {event} ist jetzt {starts}. Kommst du?",
    ),
    Template.EVENT_CANCELLED: Text(
        "Abgesagt",
        "{event}, {starts}, findet nicht statt.",
        sms="Momento: {event}, {starts}, ist abgesagt.",
    ),
    Template.STARTS_TOMORROW: Text(
        "Bald", "{event} beginnt {starts}.", sms="Momento: {event} beginnt {starts}."
    ),
    Template.STARTS_SOON: Text("Gleich", "{event} beginnt {starts}. So findest du uns: {signpost}"),
    Template.EVENT_COMPLETED: Text(
        "Wie war es?", "{event}: Bewerte den Abend, und danke allen, die ihn schön gemacht haben."
    ),
    Template.EVENT_FINALIZED: Text(
        "Dein Event in Zahlen",
        "{event}: {count} Gast war da. Lies, was er sagt.",
        many="{event}: {count} Gäste waren da. Lies, was sie sagen.",
    ),
    Template.KUDOS: Text(
        "Kudos",
        "Jemand, den du getroffen hast, hat dir Kudos gegeben.",
        many="{count} Leute, die du getroffen hast, haben dir Kudos gegeben.",
    ),
    Template.MESSAGE: Text(
        "{who}", "hat dir eine Nachricht geschickt.", many="hat dir {count} Nachrichten geschickt."
    ),
    Template.EVENT_POST: Text("{event}", "Ein neuer Beitrag.", many="{count} neue Beiträge."),
    Template.DUO_PROPOSED: Text(
        "Kommt ihr zu zweit?", "{who} möchte mit dir eingeladen werden. Antworte bis {until}."
    ),
    Template.DUO_ACCEPTED: Text("Ihr seid ein Duo", "{who} kommt mit zu deinem nächsten Event."),
    Template.DUO_ENDS_SOON: Text("Euer Duo endet bald", "Dein Duo mit {who} endet {until}."),
    Template.CONNECTION_MUTUAL: Text(
        "Ihr habt beide ja gesagt", "{who} möchte dich auch gern wiedersehen."
    ),
    Template.REPORT_FILED: Text(
        "Deine Meldung ist da", "Danke. Wir gehen jeder Meldung nach und sagen dir Bescheid."
    ),
    Template.REPORT_RESOLVED: Text(
        "Wir haben deine Meldung geprüft", "Danke, dass du es uns gesagt hast. Es ist geklärt."
    ),
    Template.SUSPENDED: Text(
        "Dein Konto ist gesperrt", "Wir prüfen mehrere Meldungen. Der Support weiß mehr."
    ),
    Template.BADGE_ENDS_SOON: Text(
        "Zeit für ein neues Foto", "Das Abzeichen deines echten Fotos endet {until}."
    ),
    Template.SUBSCRIPTION_ENDS_SOON: Text(
        "Dein Abo endet bald", "Es endet {until}. Verlängere es, um alles zu behalten."
    ),
    Template.TICKET_UPDATED: Text("Neues vom Support", "Es gibt Neues zu deiner Frage."),
}

LANGUAGE: Final = Language(
    texts=TEXTS,
    moment=write_moment,
    somebody="Jemand, den du kennst",
    an_event="Dein Event",
    the_door="siehe App",
    email_ending="In den Einstellungen der App bestimmst du, worüber wir dir schreiben.",
)
