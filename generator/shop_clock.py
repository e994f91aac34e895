"""The shop's clock: how much shopping happens on each day of the period.

The purchase process runs on this clock, not on the calendar. A day that is worth
1.5 clock days sees half again as many purchases as one that is worth 1. Clock time
is counted in whole micro-days, so that its sums are exact.
"""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from generator.configuration import GeneratorConfig

MICRO_DAYS = 1_000_000
MICRO_WEEKS = 7 * MICRO_DAYS

# Per mille of an average day; Monday first, January first.
WEEKDAYS = (1060, 1010, 990, 980, 940, 960, 1060)
MONTHS = (900, 860, 920, 930, 960, 940, 900, 900, 980, 1040, 1290, 1380)
GROWTH_A_YEAR = 120
SALES_WEEK = 1500  # 23 to 30 November
HOLIDAYS = {(12, 24): 500, (12, 25): 250, (12, 26): 600, (12, 31): 600, (1, 1): 400}

# Relative activity in each hour of the day, midnight first.
_HOURS = (5, 3, 2, 1, 1, 2, 5, 10, 16, 20, 22, 23, 24, 22, 21, 21, 22, 24, 28, 34)
HOURS = (*_HOURS, 38, 34, 22, 11)
_FRACTION_BITS = 16


@dataclass(frozen=True)
class ShopClock:
    """A table of the period's days.

    Attributes:
        weights: Micro-days each day is worth, shape (days,).
        ends: Clock time at the end of each day, shape (days,).
        months: Month of each day less one, 0 to 11, shape (days,).
        seconds: Second of the day by quantile of the day's shopping, 4097 steps.
        bucket_bits: Clock time is cut into buckets of this power of two, none longer
            than the shortest day.
        bucket_days: Day in which each bucket begins.
    """

    weights: NDArray[np.int64]
    ends: NDArray[np.int64]
    months: NDArray[np.int64]
    seconds: NDArray[np.int64]
    bucket_bits: int
    bucket_days: NDArray[np.int64]

    @property
    def total(self) -> int:
        """Clock time of the whole period, in micro-days."""
        return int(self.ends[-1])

    def days(self, instants: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the day of each instant; instants past the end are in the last."""
        # A bucket touches two days at most, so one look ahead settles it. This is
        # ten times as fast as a binary search.
        buckets = np.minimum(instants >> self.bucket_bits, self.bucket_days.size - 1)
        days = self.bucket_days[buckets]
        days += instants >= self.ends[days]
        return np.asarray(np.minimum(days, self.ends.size - 1), np.int64)

    def on_another_day(
        self, before: NDArray[np.int64], instants: NDArray[np.int64]
    ) -> NDArray[np.int64]:
        """Return instants moved on by a day where they share the day of ``before``.

        A purchase is a purchase day: models of repeat buying see only those, and a
        second one on the same day would be lost to them.
        """
        days = self.days(before)
        same = instants < self.ends[days]
        moved: NDArray[np.int64] = instants + self.weights[days] * same
        return moved

    def calendar_seconds(self, instants: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return calendar seconds since the start for clock instants (micro-days)."""
        days = self.days(instants)
        weights = self.weights[days]
        into = instants - (self.ends[days] - weights)
        fractions = (into << _FRACTION_BITS) // weights
        steps = fractions >> 4
        first = self.seconds[steps]
        width = self.seconds[steps + 1] - first
        into_step = ((fractions & 15) * width) >> 4
        return np.asarray(days * 86_400 + first + into_step, np.int64)


def _day_weight(day: date, days_since_start: int) -> int:
    weight = WEEKDAYS[day.weekday()] * MONTHS[day.month - 1]
    if day.month == 11 and day.day >= 23:
        weight = weight * SALES_WEEK // 1000
    weight = weight * HOLIDAYS.get((day.month, day.day), 1000) // 1000
    return weight * (1000 * 365 + GROWTH_A_YEAR * days_since_start) // (1000 * 365)


def _second_quantiles() -> NDArray[np.int64]:
    """Return the second of the day at each 4096th of the day's shopping."""
    steps = 4096
    total = sum(HOURS)
    quantiles = []
    hour, before = 0, 0
    for step in range(steps):
        while (before + HOURS[hour]) * steps <= step * total:
            before += HOURS[hour]
            hour += 1
        into = (step * total - before * steps) * 3600 // (HOURS[hour] * steps)
        quantiles.append(hour * 3600 + into)
    return np.array([*quantiles, 86_400], np.int64)


def build_clock(config: GeneratorConfig) -> ShopClock:
    """Return the clock of a configuration; the stationary one is the calendar."""
    days = [config.start + timedelta(days=i) for i in range(config.days)]
    if config.seasonal:
        weights = [_day_weight(day, i) for i, day in enumerate(days)]
    else:
        weights = [MICRO_DAYS] * len(days)
    table = np.array(weights, np.int64)
    ends = np.cumsum(table)
    bits = min(weights).bit_length() - 1
    buckets = np.arange((int(ends[-1]) >> bits) + 1) << bits
    return ShopClock(
        weights=table,
        ends=ends,
        bucket_bits=bits,
        bucket_days=np.searchsorted(ends, buckets, side="right"),
        months=np.array([day.month - 1 for day in days], np.int64),
        seconds=_second_quantiles(),
    )
