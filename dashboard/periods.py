"""Ranges of days, what they are compared with, and how they are cut into periods."""

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum

import pandas as pd

_ONE_DAY = dt.timedelta(days=1)


class Preset(StrEnum):
    """A range of days that ends on the warehouse's as-of date."""

    LAST_DAY = "1 day"
    LAST_7_DAYS = "7 days"
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

    @property
    def frequency(self) -> str:
        """What pandas calls it; weeks start on Monday and end on Sunday."""
        return {Grain.DAY: "D", Grain.WEEK: "W-SUN", Grain.MONTH: "M"}[self]


# The longest of them that can be compared is what a page begins with.
_DEFAULTS = (
    Preset.LAST_12_MONTHS,
    Preset.LAST_90_DAYS,
    Preset.LAST_30_DAYS,
    Preset.LAST_7_DAYS,
)


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
        return split_months(self) == (self, [])


def add_months(day: dt.date, months: int) -> dt.date:
    """The same day some months on; the month's last day where there is none."""
    return (pd.Timestamp(day) + pd.DateOffset(months=months)).date()


def preset_range(preset: Preset, first: dt.date, as_of: dt.date) -> DateRange:
    """The days of a preset, within what the warehouse has.

    Args:
        preset: Which one; CUSTOM gives all days.
        first: The first day with data.
        as_of: The warehouse's "today".
    """
    starts = {
        Preset.LAST_DAY: as_of,
        Preset.LAST_7_DAYS: as_of - dt.timedelta(days=6),
        Preset.LAST_30_DAYS: as_of - dt.timedelta(days=29),
        Preset.LAST_90_DAYS: as_of - dt.timedelta(days=89),
        Preset.LAST_12_MONTHS: add_months(as_of, -12) + _ONE_DAY,
        Preset.THIS_YEAR: as_of.replace(month=1, day=1),
    }
    start = starts.get(preset, first)
    return DateRange(min(max(start, first), as_of), as_of)


def default_preset(first: dt.date, as_of: dt.date) -> Preset:
    """The longest usual preset for which the data have as many days before it.

    Without any there is nothing to compare with, and the longest is shown.
    """
    for preset in _DEFAULTS:
        before = comparison_range(
            preset_range(preset, first, as_of), Comparison.PREVIOUS_PERIOD
        )
        if before is not None and before.start >= first:
            return preset
    return _DEFAULTS[0]


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
            if chosen.end == period_end(chosen.end, Grain.MONTH):
                end = period_end(end, Grain.MONTH)
            return DateRange(add_months(chosen.start, -12), end)
        case Comparison.PREVIOUS_PERIOD:
            end = chosen.start - _ONE_DAY
            if chosen.is_whole_months:
                months = len(period_starts(chosen, Grain.MONTH))
                return DateRange(add_months(chosen.start, -months), end)
            return DateRange(end - dt.timedelta(days=chosen.days - 1), end)


def period_end(day: dt.date, grain: Grain) -> dt.date:
    """The last day of the period that holds the day."""
    return pd.Period(day, grain.frequency).end_time.date()


def period_starts(chosen: DateRange, grain: Grain) -> list[dt.date]:
    """The first days of all periods that the range touches."""
    periods = pd.period_range(chosen.start, chosen.end, freq=grain.frequency)
    return [start.date() for start in periods.start_time]


def is_partial(start: dt.date, grain: Grain, chosen: DateRange) -> bool:
    """Whether the range covers only a part of the period that starts on the day."""
    return start < chosen.start or period_end(start, grain) > chosen.end


def split_months(days: DateRange) -> tuple[DateRange | None, list[DateRange]]:
    """A range as its whole months, which a monthly table can tell of, and the rest.

    Returns:
        From the first whole month to the last, None where there is none; and the days
        around them: none, one or two ranges.
    """
    first = period_end(days.start - _ONE_DAY, Grain.MONTH) + _ONE_DAY
    after_last = (days.end + _ONE_DAY).replace(day=1)
    if first >= after_last:
        return None, [days]
    around = DateRange(days.start, first - _ONE_DAY), DateRange(after_last, days.end)
    whole = DateRange(first, after_last - _ONE_DAY)
    return whole, [edge for edge in around if not edge.is_reversed]


def default_grain(chosen: DateRange) -> Grain:
    """A grain that gives a readable number of points."""
    if chosen.days <= 45:
        return Grain.DAY
    return Grain.WEEK if chosen.days <= 400 else Grain.MONTH


def time_key(day: dt.date) -> int:
    """The day as DimTime's key, YYYYMMDD."""
    return int(f"{day:%Y%m%d}")
