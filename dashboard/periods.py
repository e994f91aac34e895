"""Ranges of days, what they are compared with, and how they are cut into periods."""

import calendar
import datetime as dt
from dataclasses import dataclass
from enum import StrEnum


class Preset(StrEnum):
    """A range of days that ends on the warehouse's as-of date."""

    LAST_30_DAYS = "30 days"
    LAST_90_DAYS = "90 days"
    LAST_12_MONTHS = "12 months"
    THIS_YEAR = "This year"
    ALL_TIME = "All time"
    CUSTOM = "Custom"


class Comparison(StrEnum):
    """What a range is held against."""

    PREVIOUS_PERIOD = "Previous period"
    PREVIOUS_YEAR = "Same period last year"
    NONE = "Nothing"


class Grain(StrEnum):
    """The length of one point of a time series."""

    DAY = "Day"
    WEEK = "Week"
    MONTH = "Month"


@dataclass(frozen=True)
class DateRange:
    """Days from start to end, both included."""

    start: dt.date
    end: dt.date

    @property
    def days(self) -> int:
        """How many days."""
        return (self.end - self.start).days + 1

    @property
    def is_reversed(self) -> bool:
        """Whether it ends before it starts."""
        return self.end < self.start

    @property
    def is_whole_months(self) -> bool:
        """Whether it starts on a first and ends on a last day of a month."""
        return self.start.day == 1 and self.end == month_end(self.end)


def month_end(day: dt.date) -> dt.date:
    """The last day of the day's month."""
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


def add_months(day: dt.date, months: int) -> dt.date:
    """The same day some months on; the month's last day where there is none."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return dt.date(year, month + 1, min(day.day, last))


def preset_range(preset: Preset, first: dt.date, as_of: dt.date) -> DateRange:
    """The days of a preset, within what the warehouse has.

    Args:
        preset: Which one; CUSTOM gives all days.
        first: The first day with data.
        as_of: The warehouse's "today".
    """
    match preset:
        case Preset.LAST_30_DAYS:
            start = as_of - dt.timedelta(days=29)
        case Preset.LAST_90_DAYS:
            start = as_of - dt.timedelta(days=89)
        case Preset.LAST_12_MONTHS:
            start = add_months(as_of, -12) + dt.timedelta(days=1)
        case Preset.THIS_YEAR:
            start = as_of.replace(month=1, day=1)
        case Preset.ALL_TIME | Preset.CUSTOM:
            start = first
    return DateRange(min(max(start, first), as_of), as_of)


def comparison_range(chosen: DateRange, comparison: Comparison) -> DateRange | None:
    """The range to compare with.

    Whole months are compared with as many whole months before them, any other
    range with as many days.
    """
    match comparison:
        case Comparison.NONE:
            return None
        case Comparison.PREVIOUS_YEAR:
            end = add_months(chosen.end, -12)
            if chosen.end == month_end(chosen.end):
                end = month_end(end)
            return DateRange(add_months(chosen.start, -12), end)
        case Comparison.PREVIOUS_PERIOD:
            end = chosen.start - dt.timedelta(days=1)
            if chosen.is_whole_months:
                months = (
                    (chosen.end.year - chosen.start.year) * 12
                    + chosen.end.month
                    - chosen.start.month
                    + 1
                )
                return DateRange(add_months(chosen.start, -months), end)
            return DateRange(end - dt.timedelta(days=chosen.days - 1), end)


def period_start(day: dt.date, grain: Grain) -> dt.date:
    """The first day of the period that holds the day; weeks start on Monday."""
    match grain:
        case Grain.DAY:
            return day
        case Grain.WEEK:
            return day - dt.timedelta(days=day.weekday())
        case Grain.MONTH:
            return day.replace(day=1)


def period_end(start: dt.date, grain: Grain) -> dt.date:
    """The last day of the period that starts on the day."""
    match grain:
        case Grain.DAY:
            return start
        case Grain.WEEK:
            return start + dt.timedelta(days=6)
        case Grain.MONTH:
            return month_end(start)


def period_starts(chosen: DateRange, grain: Grain) -> list[dt.date]:
    """The first days of all periods that the range touches."""
    starts = []
    day = period_start(chosen.start, grain)
    while day <= chosen.end:
        starts.append(day)
        day = period_end(day, grain) + dt.timedelta(days=1)
    return starts


def is_partial(start: dt.date, grain: Grain, chosen: DateRange) -> bool:
    """Whether the range covers only a part of the period that starts on the day."""
    return start < chosen.start or period_end(start, grain) > chosen.end


def default_grain(chosen: DateRange) -> Grain:
    """A grain that gives a readable number of points."""
    if chosen.days <= 45:
        return Grain.DAY
    return Grain.WEEK if chosen.days <= 400 else Grain.MONTH


def time_key(day: dt.date) -> int:
    """The day as DimTime's key, YYYYMMDD."""
    return day.year * 10_000 + day.month * 100 + day.day
