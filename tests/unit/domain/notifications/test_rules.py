"""Who may be told, on which channel and when, as the table of notifications has it."""

from datetime import UTC, datetime, timedelta
from typing import Final

import pytest

from domain.catalogue import HANDLERS
from domain.notifications.occasions import OCCASIONS, TOLD_BY
from domain.notifications.rules import (
    CATEGORIES,
    Occasion,
    Plan,
    Recipient,
    categories_of,
    plan,
    why_not,
)
from domain.payload import Payload
from domain.personal import Personal, find
from domain.tables.notifications import Category, Channel, NotificationStatus, Template
from domain.tables.users import UserNotificationSettings, UserStatus

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
# In Berlin it is three in the afternoon, and ten at night.
NOON: Final = datetime(2026, 6, 20, 13, tzinfo=UTC)
NIGHT: Final = datetime(2026, 6, 20, 20, tzinfo=UTC)
MORNING: Final = datetime(2026, 6, 21, 6, tzinfo=UTC)
BERLIN: Final = "Europe/Berlin"
PUSH, SMS, EMAIL = (
    Category.PUSH_EVENT_UPDATES,
    Category.SMS_REMINDERS,
    Category.EMAIL_ACCOUNT_AND_SAFETY,
)
SCHEDULED, SUPPRESSED, EXPIRED = (
    NotificationStatus.SCHEDULED,
    NotificationStatus.SUPPRESSED,
    NotificationStatus.EXPIRED,
)


def somebody(**changes: object) -> Recipient:
    return Recipient(**{"zone": BERLIN, "status": "active", **changes})  # type: ignore[arg-type]


def planned(
    category: Category,
    *,
    now: datetime,
    lasts: timedelta = 2 * DAY,
    starts: datetime | None = None,
    who: Recipient | None = None,
    not_before: datetime | None = None,
) -> Plan:
    ends = None if starts is None else starts + 3 * HOUR
    occasion = Occasion(not_before or now, now + lasts, starts, ends)
    return plan(who or somebody(), category, occasion, now=now)


class TestTheTable:
    def test_every_text_has_its_line(self) -> None:
        assert CATEGORIES.keys() == set(Template)

    def test_categories_are_the_columns_of_the_settings(self) -> None:
        columns = UserNotificationSettings.model_fields.keys()
        assert set(Category) <= columns
        assert len(Category) == 9

    def test_a_changed_plan_is_told_by_sms_within_two_days_of_the_start(self) -> None:
        for hours, channels in ((48, ["push", "sms"]), (49, ["push"])):
            starts = NOON + hours * HOUR
            found = categories_of(Template.PLAN_CHANGED, starts, NOON)
            assert [each.channel for each in found] == channels

    def test_everything_else_is_told_whenever_it_starts(self) -> None:
        found = categories_of(Template.EVENT_CANCELLED, NOON + 90 * DAY, NOON)
        assert [each.channel for each in found] == [Channel.PUSH, Channel.SMS]


class TestWhoMayBeTold:
    @pytest.mark.parametrize("status", ["paused", "suspended", "banned", "archived_for_recycling"])
    @pytest.mark.parametrize("category", Category)
    def test_some_are_told_of_their_account_alone(self, status: str, category: Category) -> None:
        allowed = category.endswith("account_and_safety")
        assert why_not(somebody(status=status), category) == (None if allowed else status)

    @pytest.mark.parametrize("status", ["active", "verification_pending", "pending_onboarding"])
    @pytest.mark.parametrize("category", Category)
    def test_others_are_told_everything(self, status: str, category: Category) -> None:
        assert why_not(somebody(status=UserStatus(status)), category) is None

    @pytest.mark.parametrize("category", Category)
    def test_each_setting_switches_off_itself_alone(self, category: Category) -> None:
        who = somebody(off={str(category)})
        reasons = {each: why_not(who, each) for each in Category}
        assert reasons == {each: "switched_off" if each is category else None for each in Category}

    def test_nothing_passes_a_block(self) -> None:
        assert why_not(somebody(is_blocked=True), PUSH) == "blocked"

    def test_the_deleted_are_told_nothing_at_all(self) -> None:
        assert why_not(somebody(is_deleted=True), EMAIL) == "deleted"

    def test_why_not_is_kept_beside_when_it_would_have_been(self) -> None:
        found = planned(PUSH, now=NIGHT, who=somebody(off={"push_event_updates"}))
        assert found == Plan(SUPPRESSED, "switched_off", NIGHT)


class TestQuietHours:
    def test_by_day_everything_goes_at_once(self) -> None:
        for category in Category:
            assert planned(category, now=NOON) == Plan(SCHEDULED, None, NOON)

    @pytest.mark.parametrize(
        ("category", "goes_at"),
        [
            (Category.PUSH_DIRECT_MESSAGES, NIGHT),
            (Category.EMAIL_ACCOUNT_AND_SAFETY, NIGHT),
            *((each, MORNING) for each in Category if each.channel is Channel.SMS),
            (Category.PUSH_SOCIAL, MORNING),
            (Category.PUSH_ACCOUNT_AND_SAFETY, MORNING),
        ],
    )
    def test_at_night_only_messages_and_email_do(
        self, category: Category, goes_at: datetime
    ) -> None:
        assert planned(category, now=NIGHT) == Plan(SCHEDULED, None, goes_at)

    def test_a_push_for_an_event_within_three_hours_goes_at_night(self) -> None:
        assert planned(PUSH, now=NIGHT, starts=NIGHT + 3 * HOUR).send_after == NIGHT

    def test_a_push_for_one_that_is_on_goes_at_night(self) -> None:
        assert planned(PUSH, now=NIGHT, starts=NIGHT - HOUR).send_after == NIGHT

    def test_a_push_for_one_that_is_over_waits(self) -> None:
        assert planned(PUSH, now=NIGHT, starts=NIGHT - 9 * HOUR).send_after == MORNING

    def test_a_push_for_one_before_the_morning_goes_when_that_is_near(self) -> None:
        found = planned(PUSH, now=NIGHT, starts=NIGHT + 5 * HOUR, lasts=5 * HOUR)
        assert found == Plan(SCHEDULED, None, NIGHT + 2 * HOUR)

    def test_an_sms_waits_even_so_and_expires(self) -> None:
        found = planned(SMS, now=NIGHT, starts=NIGHT + 2 * HOUR, lasts=2 * HOUR)
        assert found == Plan(EXPIRED, "quiet_hours", MORNING)

    def test_what_ends_at_eight_is_never_sent(self) -> None:
        assert planned(SMS, now=NIGHT, lasts=MORNING - NIGHT).status is EXPIRED

    def test_what_ends_a_moment_later_is(self) -> None:
        lasts = MORNING - NIGHT + timedelta(microseconds=1)
        assert planned(SMS, now=NIGHT, lasts=lasts) == Plan(SCHEDULED, None, MORNING)

    def test_the_clock_is_the_recipients(self) -> None:
        found = planned(SMS, now=NIGHT, who=somebody(zone="America/New_York"))
        assert found.send_after == NIGHT

    def test_what_may_not_go_yet_is_judged_by_when_it_may(self) -> None:
        later = NIGHT - HOUR + timedelta(minutes=15)
        found = planned(
            Category.PUSH_SOCIAL, now=NIGHT - HOUR - timedelta(minutes=1), not_before=later
        )
        assert found.send_after == MORNING


class TestExpiry:
    def test_at_its_end_it_is_too_late(self) -> None:
        found = planned(PUSH, now=NOON, lasts=timedelta(0))
        assert found == Plan(EXPIRED, "too_late", NOON)

    def test_who_may_not_be_told_comes_before(self) -> None:
        found = planned(PUSH, now=NOON, lasts=-DAY, who=somebody(is_blocked=True))
        assert found.status is SUPPRESSED


class TestWhoTells:
    def test_every_text_is_told_by_a_handler_and_has_recipients(self) -> None:
        assert OCCASIONS.keys() == set(Template)

    def test_what_tells_is_in_the_catalogue(self) -> None:
        assert TOLD_BY.keys() <= HANDLERS.keys()

    def test_what_a_statement_reads_is_in_the_payload(self) -> None:
        for handler, templates in TOLD_BY.items():
            fields = HANDLERS[handler].payload.model_fields.keys()
            for template in templates:
                assert set(OCCASIONS[template].fields) <= fields

    def test_nothing_that_is_read_is_personal(self) -> None:
        for handler, templates in TOLD_BY.items():
            personal = {spot for spot, _ in _personal_fields(HANDLERS[handler].payload)}
            for template in templates:
                assert not personal & set(OCCASIONS[template].fields)


def _personal_fields(payload: type[Payload]) -> list[tuple[str, object]]:
    return [
        (name, marker)
        for name, field in payload.model_fields.items()
        for marker in find(Personal, field.annotation, metadata=field.metadata)
    ]
