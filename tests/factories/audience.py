"""Many people who are to be told something on one channel, written as handlers would leave it."""

from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import Engine, text

from domain.tables.notifications import Category, Channel, Template

_SAID: Final = {
    Channel.PUSH: (Category.PUSH_ACCOUNT_AND_SAFETY, Template.REPORT_RESOLVED),
    Channel.SMS: (Category.SMS_INVITATIONS, Template.INVITATION),
    Channel.EMAIL: (Category.EMAIL_ACCOUNT_AND_SAFETY, Template.PAYMENT_REFUNDED),
}
_PEOPLE: Final = """
WITH people AS (
    INSERT INTO users (id, clerk_id, birth_date, status, timezone, phone_number, email)
    SELECT gen_random_uuid(), 'crowd ' || number, '1990-01-01', 'active', :zone,
        '+1415' || lpad(number::text, 7, '0'), 'guest' || number || '@example.org'
    FROM generate_series(1, :count) AS number
    RETURNING id, clerk_id
)
INSERT INTO push_notification_tokens (id, user_id, token, platform)
SELECT gen_random_uuid(), id, 'ExponentPushToken[' || replace(clerk_id, ' ', '-') || ']', 'ios'
FROM people
"""
_LINE_UP: Final = """
INSERT INTO notifications (id, user_id, category, template, params, channel, dedupe_key,
    send_after, expires_at, domain_event_id)
SELECT gen_random_uuid(), users.id, :category, :template,
    -- Each leads somewhere else, so that no two texts are the same.
    jsonb_build_object('report_id', gen_random_uuid(), 'invitation_id', gen_random_uuid(),
        'payment_id', gen_random_uuid()),
    :channel, :key, :now, :until, 0
FROM users WHERE clerk_id LIKE 'crowd %' ORDER BY clerk_id LIMIT :count
"""


def zone_of_day(now: datetime) -> str:
    """Give a zone in which it is noon, so that nobody sleeps."""
    ahead = 12 - now.astimezone(UTC).hour
    # Its names count westwards.
    return f"Etc/GMT{-ahead:+d}" if ahead else "Etc/GMT"


def gather(engine: Engine, count: int, *, now: datetime) -> None:
    """Let there be so many people, with a phone, a number and a mailbox each."""
    with engine.begin() as connection:
        connection.execute(text(_PEOPLE), {"count": count, "zone": zone_of_day(now)})


def line_up(
    engine: Engine, channel: Channel, *, count: int, now: datetime, key: str = "crowd"
) -> None:
    """Let so many of them have something to be told now."""
    category, template = _SAID[channel]
    values = {"category": category, "template": template, "channel": channel, "count": count}
    with engine.begin() as connection:
        connection.execute(
            text(_LINE_UP), values | {"key": key, "now": now, "until": now + timedelta(days=2)}
        )
