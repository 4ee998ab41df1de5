"""What people are told, in English."""

from datetime import datetime
from typing import Final

from domain.notifications.templates.language import Language, Text
from domain.tables.notifications import Template

_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS: Final = (
    *("Jan", "Feb", "Mar", "Apr", "May", "Jun"),
    *("Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
)
_NOON: Final = 12


def write_moment(local: datetime) -> str:
    """Write a time, e.g. `Sat, Mar 14, 6:00 PM`."""
    day = f"{_DAYS[local.weekday()]}, {_MONTHS[local.month - 1]} {local.day}"
    half = "AM" if local.hour < _NOON else "PM"
    return f"{day}, {local.hour % _NOON or _NOON}:{local.minute:02} {half}"


TEXTS: Final = {
    Template.INVITATION: Text(
        "You're invited",
        "{event}, {starts}. Answer by {until}.",
        sms="Momento: You're invited to {event}, {starts}.",
    ),
    Template.INVITATION_ENDS_SOON: Text(
        "Your invitation ends soon", "{event} keeps a place for you until {until}."
    ),
    Template.SEAT_CONFIRMED: Text("You have a seat", "See you at {event}, {starts}."),
    Template.GUEST_CONFIRMED: Text("A guest confirmed", "{who} is coming to {event}."),
    Template.SEAT_REFUSED: Text(
        "No seat this time", "{event} couldn't take your payment. Your money is on its way back."
    ),
    Template.PAYMENT_FAILED: Text(
        "Your payment failed", "Your card was refused. Please try again by {until}."
    ),
    Template.PAYMENT_REFUNDED: Text(
        "Your refund", "{amount} went back to the card that you paid with."
    ),
    Template.PLAN_CHANGED: Text(
        "The plan changed",
        "{event} is now {starts}. Please say by {until} whether you'll come.",
        sms="Momento: {event} changed, now {starts}. Still coming?",
    ),
    Template.EVENT_CANCELLED: Text(
        "Cancelled",
        "{event}, {starts}, won't take place.",
        sms="Momento: {event}, {starts}, is cancelled.",
    ),
    Template.STARTS_TOMORROW: Text(
        "Coming up", "{event} starts {starts}.", sms="Momento: {event} starts {starts}."
    ),
    Template.STARTS_SOON: Text(
        "Starting soon", "{event} starts {starts}. How to find us: {signpost}"
    ),
    Template.EVENT_COMPLETED: Text(
        "How was it?", "Rate {event}, and thank the people you enjoyed meeting."
    ),
    Template.EVENT_FINALIZED: Text(
        "Your event in figures",
        "{event}: {count} guest came. See what they say.",
        many="{event}: {count} guests came. See what they say.",
    ),
    Template.KUDOS: Text(
        "Kudos", "Somebody you met gave you kudos.", many="{count} people you met gave you kudos."
    ),
    Template.MESSAGE: Text("{who}", "sent you a message.", many="sent you {count} messages."),
    Template.EVENT_POST: Text("{event}", "A new post.", many="{count} new posts."),
    Template.DUO_PROPOSED: Text(
        "Come as a duo?", "{who} would like to be invited with you. Answer by {until}."
    ),
    Template.DUO_ACCEPTED: Text("You're a duo", "{who} will come along to your next event."),
    Template.DUO_ENDS_SOON: Text("Your duo ends soon", "Your duo with {who} ends {until}."),
    Template.CONNECTION_MUTUAL: Text(
        "You both said yes", "{who} would like to meet you again, too."
    ),
    Template.REPORT_FILED: Text(
        "We have your report", "Thank you. We look into every report, and will tell you."
    ),
    Template.REPORT_RESOLVED: Text(
        "We looked into your report", "Thank you for telling us. It's settled now."
    ),
    Template.SUSPENDED: Text(
        "Your account is suspended", "We have to look into several reports. Support can tell more."
    ),
    Template.BADGE_ENDS_SOON: Text(
        "Time for a new photo", "The badge of your authentic photo ends {until}."
    ),
    Template.SUBSCRIPTION_ENDS_SOON: Text(
        "Your subscription ends soon", "It ends {until}. Renew it to keep what it gives you."
    ),
    Template.TICKET_UPDATED: Text("News from support", "There is news about your question."),
}

LANGUAGE: Final = Language(
    texts=TEXTS,
    moment=write_moment,
    somebody="Somebody you know",
    an_event="Your event",
    the_door="see the app",
    email_ending="You can choose in the app's settings what we write to you about.",
)
