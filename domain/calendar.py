"""Dates as people count them."""

from datetime import date


def age_on(birth_date: date, day: date) -> int:
    """Give somebody's age in whole years on a day; 29 February counts on 1 March."""
    had_birthday = (day.month, day.day) >= (birth_date.month, birth_date.day)
    return day.year - birth_date.year - (0 if had_birthday else 1)
