"""Dates as people count them."""

from calendar import monthrange
from datetime import UTC, date, datetime


def age_on(birth_date: date, day: date) -> int:
    """Give somebody's age in whole years on a day; 29 February counts on 1 March."""
    had_birthday = (day.month, day.day) >= (birth_date.month, birth_date.day)
    return day.year - birth_date.year - (0 if had_birthday else 1)


def months_after(time: datetime, months: int) -> datetime:
    """Give the same day of a later month at the same time of day in UTC, or that month's last."""
    there = time.astimezone(UTC)
    years, month = divmod(there.month - 1 + months, 12)
    year, month = there.year + years, month + 1
    return there.replace(year=year, month=month, day=min(there.day, monthrange(year, month)[1]))
