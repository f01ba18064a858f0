"""Days as GS1 values write them: two digits of a year whose century slides, and day 00 for the month's last.

Knows the rules of GS1's calendar and gives ISO days, and ISO minutes where a value has a time. Refuses to
know the clock: the day that places the century is handed in. Source: GS1 General Specifications, 7.12.
"""

from __future__ import annotations

import calendar
import datetime

#: AIs that hold a day which may stand for a whole month, and those that hold a day with a time behind it.
DAY_AIS = frozenset(("11", "12", "13", "15", "16", "17"))
TIME_AIS = frozenset(("4324", "4325", "4326", "7003", "7006", "7007", "7011", "8008"))


def full_year(two_digits: int, today: datetime.date) -> int:
    """The year that two digits mean: at most 49 years ago and at most 50 ahead."""
    year = today.year - today.year % 100 + two_digits
    ahead = two_digits - today.year % 100
    if ahead >= 51:
        return year - 100
    return year + 100 if ahead <= -50 else year


def iso_day(yymmdd: str, today: datetime.date) -> str | None:
    """The ISO day of six digits YYMMDD, None where there is no such day; a day 00 is the month's last."""
    if len(yymmdd) != 6 or not (yymmdd.isascii() and yymmdd.isdigit()):
        return None
    year, month, day = full_year(int(yymmdd[:2]), today), int(yymmdd[2:4]), int(yymmdd[4:])
    if not 1 <= month <= 12:
        return None
    last = calendar.monthrange(year, month)[1]
    if day > last:
        return None
    return f"{year:04}-{month:02}-{day or last:02}"


def iso_moment(value: str, today: datetime.date) -> str | None:
    """The ISO day and time of day of YYMMDD with HH, HHMM or HHMMSS behind it: "2026-11-22T16:30".

    Without a time it is the day alone; 9999 behind the day says that no time is set (AI 4324 and 4325).
    Local time of nobody knows where: GS1 gives no zone. None where there is no such moment.
    """
    day = iso_day(value[:6], today)
    time = value[6:]
    if day is None or time in ("", "9999"):
        return day
    if len(time) not in (2, 4, 6) or not (time.isascii() and time.isdigit()):
        return None
    hour, minute, second = int(time[:2]), int(time[2:4] or 0), int(time[4:6] or 0)
    if hour > 23 or minute > 59 or second > 59:
        return None
    return f"{day}T{hour:02}:{minute:02}" + (f":{second:02}" if len(time) == 6 else "")


def iso_span(value: str, today: datetime.date) -> tuple[str, str] | None:
    """First and last ISO day of one or two days behind each other, as the harvest date (7007) writes them."""
    first = iso_day(value[:6], today)
    last = iso_day(value[6:], today) if len(value) > 6 else first
    return None if first is None or last is None else (first, last)
